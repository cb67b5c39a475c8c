/** Custom operators that TFLite's own resolver knows, by the names that files give them. */
export { TFLite_Detection_PostProcess } from '../float/detection_postprocess.ts';
