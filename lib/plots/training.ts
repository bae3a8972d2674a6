/** What `lib/training` shows of a run: the one way from there to here. */
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
  // JupyterLab shows the picture until the reader points at the figure: the curves stay as they were.
  return figureBundle(trainingFigure(run), await svgToPng(drawTraining(run), 1));
}
