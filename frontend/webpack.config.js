import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import zlib from 'node:zlib';

import CompressionPlugin from 'compression-webpack-plugin';
import CopyPlugin from 'copy-webpack-plugin';
import CssMinimizerPlugin from 'css-minimizer-webpack-plugin';
import HtmlPlugin from 'html-webpack-plugin';
import MiniCssExtractPlugin from 'mini-css-extract-plugin';
import TerserPlugin from 'terser-webpack-plugin';
import webpack from 'webpack';

import { ShellFiles, workerConfiguration } from './webpack.worker.js';

const here = path.dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);
const pdfjsFolder = path.dirname(require.resolve('pdfjs-dist/package.json'));
const pdfjsVersion = require('pdfjs-dist/package.json').version;

const COMPRESSIBLE = /\.(js|mjs|css|html|svg|json|webmanifest)$/;

const SOURCE = /[\\/]src[\\/].*\.js$/;
/** The chunks that draw the first screen. */
const FIRST = new Set(['main', 'frame', 'chat']);

/**
 * @param {webpack.Module} module
 * @param {{chunkGraph: webpack.ChunkGraph}} context
 */
function onFirstScreen(module, { chunkGraph }) {
  const uses = [...chunkGraph.getModuleChunksIterable(module)];
  return SOURCE.test(module.nameForCondition() ?? '') && uses.some(({ name }) => FIRST.has(String(name)));
}

/** Brotli and gzip are made once here, so that the server never compresses a static file. */
function compressionPlugins() {
  return [
    new CompressionPlugin({
      filename: '[path][base].br',
      algorithm: 'brotliCompress',
      test: COMPRESSIBLE,
      compressionOptions: /** @type {object} */ ({
        params: { [zlib.constants.BROTLI_PARAM_QUALITY]: zlib.constants.BROTLI_MAX_QUALITY },
      }),
      minRatio: 0.9,
    }),
    new CompressionPlugin({
      filename: '[path][base].gz',
      algorithm: 'gzip',
      test: COMPRESSIBLE,
      compressionOptions: { level: zlib.constants.Z_BEST_COMPRESSION },
      minRatio: 0.9,
    }),
  ];
}

/**
 * @param {boolean} production
 * @param {ShellFiles} shell
 * @returns {import('webpack').Configuration}
 */
function pageConfiguration(production, shell) {
  const hash = production ? '.[contenthash:16]' : '';
  return {
    name: 'page',
    mode: production ? 'production' : 'development',
    context: here,
    entry: { main: './src/main.js' },
    // `eval` source maps would break the page's Content-Security-Policy, in development too.
    devtool: production ? false : 'source-map',
    output: {
      path: path.join(here, 'dist'),
      publicPath: '/static/',
      filename: `[name]${hash}.js`,
      chunkFilename: `[name]${hash}.js`,
      assetModuleFilename: `[name]${hash}[ext]`,
      clean: { keep: /^sw\.js/ }, // built after the page, and served all the while
    },
    module: {
      rules: [
        {
          test: /\.css$/,
          use: [MiniCssExtractPlugin.loader, { loader: 'css-loader', options: { url: false } }],
        },
        { test: /\.svg$/, type: 'asset/resource' },
      ],
    },
    optimization: {
      moduleIds: 'deterministic',
      chunkIds: 'deterministic',
      runtimeChunk: 'single',
      minimizer: [new TerserPlugin({ extractComments: false }), new CssMinimizerPlugin()],
      splitChunks: {
        chunks: 'all',
        cacheGroups: {
          // A library that only a lazy chunk needs stays with it.
          defaultVendors: false,
          default: false,
          vendors: {
            test: /[\\/]node_modules[\\/](lit|lit-html|lit-element|@lit|nanostores|@nanostores|lucide)[\\/]/,
            name: 'vendors',
            enforce: true,
          },
          common: {
            test: onFirstScreen,
            priority: 1,
            name: 'common',
            minChunks: 2,
            enforce: true,
          },
          // What several other pages need, and the first screen does not.
          shared: {
            test: SOURCE,
            name: 'shared',
            minChunks: 2,
            enforce: true,
          },
        },
      },
    },
    plugins: [
      new webpack.DefinePlugin({
        PDFJS_ASSETS: JSON.stringify(`/static/pdfjs-${pdfjsVersion}/`),
        // While the page is being worked on, nothing must stand between it and the server.
        SERVICE_WORKER: JSON.stringify(production),
      }),
      new MiniCssExtractPlugin({
        filename: `[name]${hash}.css`,
        chunkFilename: `[name]${hash}.css`,
        ignoreOrder: true, // every component's rules stand under its own tag name
      }),
      new HtmlPlugin({ template: './src/index.html', scriptLoading: 'defer' }),
      new CopyPlugin({
        patterns: [
          ['cmaps', 'cmaps'],
          ['standard_fonts', 'standard_fonts'],
        ].map(([from, to]) => ({
          from: path.join(pdfjsFolder, from),
          to: `pdfjs-${pdfjsVersion}/${to}`,
        })).concat({ from: path.join(here, 'src/install'), to: '' }),
      }),
      shell,
      ...(production ? compressionPlugins() : []),
    ],
    performance: {
      hints: production ? 'warning' : false,
      maxEntrypointSize: 512_000,
      maxAssetSize: 512_000,
      // The PDF reader and its worker are fetched when a PDF page is opened, never before.
      assetFilter: (/** @type {string} */ name) => /\.(js|css)$/.test(name) && !name.includes('pdf'),
    },
    stats: 'errors-warnings',
  };
}

/**
 * @param {Record<string, unknown>} _env
 * @param {{mode?: string}} argv
 */
export default function configuration(_env, argv) {
  const production = argv.mode !== 'development';
  const shell = new ShellFiles();
  const page = pageConfiguration(production, shell);
  return production ? [page, workerConfiguration(page, shell, compressionPlugins())] : page;
}
