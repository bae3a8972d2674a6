/** What the kernel offers to code in cells: `notebook.host` for `lib/display`, and tslab's displays. */
import { createRequire } from 'node:module';
import path from 'node:path';
import type { CommHost } from '../../lib/display/comms';
import type { NotebookHost } from '../../lib/display/output';
import type { Output } from './output';
import { encodeBytes, render } from './values';

const kernelRequire = createRequire(__filename);

/** What code in cells gets; the part that `lib` uses is declared there. */
export interface KernelHost extends NotebookHost {
  /** Clears the output of the cell; with `wait`, when its next output comes. */
  clearOutput(options?: { wait?: boolean }): void;
}

export function createNotebookHost(
  output: Output,
  comms: CommHost,
  runs: { signal(): AbortSignal; wait(value: unknown): unknown },
): KernelHost {
  const shownIds = new Set<string>();
  return {
    display(bundle, id) {
      const update = id !== undefined && shownIds.has(id);
      if (id !== undefined) {
        shownIds.add(id);
      }
      const content = { data: encodeBytes(bundle), metadata: alternativeText(bundle) };
      output.send({ type: 'display', content, id, update, parent: output.parentHeader });
    },
    clearOutput({ wait = false } = {}) {
      output.clear(wait);
    },
    get signal() {
      return runs.signal();
    },
    comms,
    wait<T>(value: Promise<T>) {
      return runs.wait(value) as Promise<T>;
    },
    async render(value) {
      return (await render(value))?.data ?? {};
    },
  };
}

/** A picture's text becomes its alternative text, under the name that nbconvert looks for. */
function alternativeText(bundle: Record<string, unknown>): Record<string, unknown> {
  const alt = bundle['text/plain'];
  return 'image/png' in bundle && typeof alt === 'string' ? { 'image/png': { alt } } : {};
}

/** What tslab's display module passes to its kernel. */
interface TslabDisplay {
  data: Record<string, unknown>;
  metadata: Record<string, unknown>;
  transient?: { display_id?: string };
}

/**
 * `import * as tslab from 'tslab'`: tslab's own module, with this kernel's replacements for what it
 * takes from tslab's kernel: the function that sends an output, and TypeScript's version.
 */
export function createTslab(output: Output): () => unknown {
  const replace = (request: string, exports: object) => {
    const fileName = kernelRequire.resolve(request);
    kernelRequire.cache[fileName] = {
      id: fileName,
      filename: fileName,
      loaded: true,
      exports,
    } as NodeModule;
  };
  let tslab: unknown;
  return () => {
    if (!tslab) {
      const lastWriteDisplayData = ({ data, metadata, transient }: TslabDisplay, update: boolean) =>
        output.send({
          type: 'display',
          content: { data, metadata },
          id: transient?.display_id,
          update: update === true,
          parent: output.parentHeader,
        });
      replace('tslab/dist/jupyter.js', { lastWriteDisplayData });
      const typescript = path.join(
        path.dirname(kernelRequire.resolve('typescript')),
        '../package.json',
      );
      replace('@tslab/typescript-for-tslab', { version: kernelRequire(typescript).version });
      tslab = kernelRequire('tslab/dist/public.js');
    }
    return tslab;
  };
}
