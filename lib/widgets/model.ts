/**
 * Jupyter's widgets as the kernel sees them: a model is a comm and a state that the browser has a
 * copy of (https://github.com/jupyter-widgets/ipywidgets, `packages/schema/messages.md`).
 */
import type { Comm, NotebookHost } from '../display/index';

/** The properties of a model by their name; those of the form `IPY_MODEL_…` are other models. */
export type ModelState = Readonly<Record<string, unknown>>;

/** What the browser sends: properties that have changed, or an event such as a click. */
export interface ModelMessage {
  /** The properties that have changed, with their new values. */
  readonly state?: ModelState;
  /** An event that changes no property. */
  readonly content?: unknown;
}

const target = 'jupyter.widget';
const controlTarget = 'jupyter.widget.control';
const protocol = { version: '2.1.0' };

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
    answerNewPages(host);
    this.comm = host.comms.open(target, { state, buffer_paths: [] }, { metadata: protocol });
    this.comm.onMessage = ({ data }) => {
      const { method, ...message } = data as { method: string } & ModelMessage;
      if (method === 'request_state') {
        this.comm.send({ method: 'update', state: this.state, buffer_paths: [] });
        return;
      }
      this.state = { ...this.state, ...message.state };
      received(message);
    };
    this.comm.onClose = closed;
  }

  get id(): string {
    return this.comm.id;
  }

  /** How other models refer to this one. */
  get reference(): string {
    return `IPY_MODEL_${this.id}`;
  }

  close(): void {
    this.comm.close();
  }
}

/**
 * A reloaded page asks for all models at once. It gets none: a page updates only the outputs of
 * cells that it has run itself, so the controls would change nothing there.
 */
function answerNewPages(host: NotebookHost): void {
  if (answering.has(host)) {
    return;
  }
  answering.add(host);
  host.comms.register(controlTarget, (comm) => {
    comm.onMessage = () => {
      comm.send({ method: 'update_states', states: {}, buffer_paths: [] });
      comm.close();
    };
  });
}
