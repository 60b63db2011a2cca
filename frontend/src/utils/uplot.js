import 'uplot/dist/uPlot.min.css';

// Few people look at charts: this module is a chunk of its own.
export { default as UPlot } from 'uplot';
