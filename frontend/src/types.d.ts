declare module 'jsdom';
declare module '*.css';
declare module '*.svg' {
  const address: string;
  export default address;
}
declare const PDFJS_ASSETS: string;
