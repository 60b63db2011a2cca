import path from 'node:path';
import { createHash } from 'node:crypto';

import webpack from 'webpack';

/** Chunks without which the page does not open, or that everybody needs soon: the shell. */
const SHELL = [
  'runtime', 'vendors', 'main', 'common', 'shared', 'frame', 'chat', 'documents', 'search', 'settings', 'sign-in',
  'markdown', 'source', 'outbox', 'palette', 'shortcuts', 'upload-tray', 'en', 'ko',
];

/**
 * Remembers which files the page's shell consists of, for the service worker that is built after it.
 * workbox-webpack-plugin does the same, and brings 284 packages.
 */
export class ShellFiles {
  /** @type {{mark: string, files: {url: string, revision: string | null}[]}} */
  value = { mark: '', files: [] };

  /** @param {import('webpack').Compiler} compiler */
  apply(compiler) {
    compiler.hooks.emit.tap('ShellFiles', (compilation) => {
      const chunks = SHELL.map((name) => compilation.namedChunks.get(name)).filter((chunk) => chunk !== undefined);
      const names = new Set(chunks.flatMap((chunk) => [...chunk.files, ...chunk.auxiliaryFiles]));
      const files = [...names].filter((name) => /\.(js|css|svg)$/.test(name)).sort();
      const html = compilation.getAsset('index.html')?.source.source() ?? '';
      const revision = createHash('sha256').update(html).digest('hex').slice(0, 16);
      this.value = {
        // The runtime names every other file: no two versions of the page have the same one.
        mark: files.find((name) => name.startsWith('runtime.')) ?? '',
        files: [{ url: '/', revision }, ...files.map((name) => ({ url: `/static/${name}`, revision: null }))],
      };
    });
  }
}

/**
 * @param {import('webpack').Configuration} page
 * @param {ShellFiles} shell
 * @param {import('webpack').WebpackPluginInstance[]} plugins
 * @returns {import('webpack').Configuration}
 */
export function workerConfiguration(page, shell, plugins) {
  return {
    name: 'worker',
    dependencies: ['page'],
    mode: page.mode,
    context: page.context,
    target: 'webworker',
    entry: { sw: './src/service_worker.js' },
    devtool: false,
    output: { path: path.join(String(page.context), 'dist'), filename: '[name].js' },
    plugins: [
      new webpack.DefinePlugin({
        SHELL: webpack.DefinePlugin.runtimeValue(() => JSON.stringify(shell.value), true),
      }),
      ...plugins,
    ],
    optimization: { minimizer: page.optimization?.minimizer },
    stats: page.stats,
  };
}
