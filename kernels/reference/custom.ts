/** Custom operators that TFLite's or TensorFlow Lite Micro's own resolver knows, by the names that files give them. */
export { TFLite_Detection_PostProcess } from '../float/detection_postprocess.ts';
export {
  SignalFilterBank,
  SignalFilterBankLog,
  SignalFilterBankSpectralSubtraction,
  SignalFilterBankSquareRoot,
  SignalPCAN,
} from './signal_filter_bank.ts';
export { SignalEnergy, SignalFftAutoScale, SignalRfft, SignalWindow } from './signal_spectrum.ts';
