import type { ModelMessage, ModelState } from './model';

/**
 * A control, as {@link slider}, {@link dropdown}, {@link checkbox}, {@link button} and {@link pad}
 * make it. `interact` shows it.
 *
 * `Value` is what it gives to the function that `interact` calls.
 */
export interface Control<Value> {
  /** The value it begins with. */
  readonly initial: Value;
  /**
   * How Jupyter's widgets describe it.
   *
   * @param name its name among the controls of an `interact`.
   */
  modelState(name: string): ModelState;
  /**
   * The value after a message of the browser.
   *
   * @param message what the browser has sent.
   * @param value the value before.
   */
  next(message: ModelMessage, value: Value): Value;
  /**
   * The value in words, for the line below a result; missing if there is nothing to say.
   *
   * @param value one of its values.
   */
  describe?(value: Value): string;
  /** What a saved notebook shows in place of the control, as HTML; by default only its name. */
  readonly picture?: string;
}

const library = { _model_module: '@jupyter-widgets/controls', _model_module_version: '2.0.0' };

/** The state of a control of ipywidgets. */
export function ipywidgetsState(kind: string, state: ModelState): ModelState {
  return {
    ...library,
    _model_name: `${kind}Model`,
    _view_module: library._model_module,
    _view_module_version: library._model_module_version,
    _view_name: `${kind}View`,
    ...state,
  };
}
