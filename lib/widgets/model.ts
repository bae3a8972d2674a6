/**
 * Jupyter's widgets as the kernel sees them: a model is a comm and a state, of which the browser
 * has a copy (https://github.com/jupyter-widgets/ipywidgets, `packages/schema/messages.md`).
 */
import type { Comm, NotebookHost } from '../display/index';

/** The properties of a model by their name; those of the form `IPY_MODEL_…` are other models. */
export type ModelState = Readonly<Record<string, unknown>>;

/** What the browser sends: properties that have changed, or an event such as a click. */
export interface ModelMessage {
  readonly state?: ModelState;
  readonly content?: unknown;
}

const target = 'jupyter.widget';
const controlTarget = 'jupyter.widget.control';
const protocol = { version: '2.1.0' };

/** All models that are open, for a browser that opens the notebook while its kernel runs. */
const open = new Map<string, WidgetModel>();
const answering = new WeakSet<NotebookHost>();

/** One model, open until it is closed by either side. */
export class WidgetModel {
  private readonly comm: Comm;

  /**
   * @param received called with what the browser sends.
   * @param closed called when the browser closes it, or the kernel for its cell.
   */
  constructor(
    host: NotebookHost,
    private state: ModelState,
    received: (message: ModelMessage) => void,
    closed: () => void,
  ) {
    answerForAll(host);
    this.comm = host.comms.open(target, { state, buffer_paths: [] }, { metadata: protocol });
    open.set(this.id, this);
    this.comm.onMessage = ({ data }) => {
      const { method, ...message } = data as { method: string } & ModelMessage;
      if (method === 'request_state') {
        this.comm.send({ method: 'update', state: this.state, buffer_paths: [] });
        return;
      }
      this.state = { ...this.state, ...message.state };
      received(message);
    };
    this.comm.onClose = () => {
      open.delete(this.id);
      closed();
    };
  }

  get id(): string {
    return this.comm.id;
  }

  /** How other models name this one. */
  get reference(): string {
    return `IPY_MODEL_${this.id}`;
  }

  close(): void {
    open.delete(this.id);
    this.comm.close();
  }

  get description(): object {
    const { _model_module, _model_module_version, _model_name } = this.state;
    return {
      model_name: _model_name,
      model_module: _model_module,
      model_module_version: _model_module_version,
      state: this.state,
    };
  }
}

/** A page that was opened anew asks for all models at once. */
function answerForAll(host: NotebookHost): void {
  if (answering.has(host)) {
    return;
  }
  answering.add(host);
  host.comms.register(controlTarget, (comm) => {
    comm.onMessage = () => {
      const states = Object.fromEntries(
        [...open].map(([id, { description }]) => [id, description]),
      );
      comm.send({ method: 'update_states', states, buffer_paths: [] });
    };
  });
}
