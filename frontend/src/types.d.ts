declare module 'jsdom';
declare module '*.css';
declare module '*.svg' {
  const address: string;
  export default address;
}
declare const PDFJS_ASSETS: string;
declare const SERVICE_WORKER: boolean;
declare const SHELL: { mark: string; files: { url: string; revision: string | null }[] };
