/** All that `lib/training` uses of the plots. */
import type { MimeBundle } from '../display/index';
import { svgToPng } from './render';
import { figureBundle } from './show';
import type { TrainingRun } from './trainingCurves';
import { drawTraining } from './trainingDrawing';
import { trainingFigure } from './trainingFigure';

export type { TrainingLine, TrainingMetric, TrainingRun } from './trainingCurves';
export { drawTraining } from './trainingDrawing';

/** The finished run as a notebook's output: interactive where that is possible, else a picture. */
export async function trainingBundle(run: TrainingRun): Promise<MimeBundle> {
  // JupyterLab shows the picture until the pointer is on the figure; then the curves must not move.
  return figureBundle(trainingFigure(run), await svgToPng(drawTraining(run), 1));
}
