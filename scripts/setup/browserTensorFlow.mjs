// For esbuild: replaces tfjs-node, which lib imports in one module, with the browser's
// TensorFlow.js.
import path from 'node:path';
import { project } from './project.mjs';

/** @type {import('esbuild').Plugin} */
export const browserTensorFlow = {
  name: 'browser TensorFlow',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\.?\/.*tensorflow$/ }, ({ path: wanted, resolveDir }) =>
      path.resolve(resolveDir, wanted) === path.join(project, 'lib/tensorflow')
        ? { path: path.join(project, 'lib/drawing/page/tensorflow.ts') }
        : undefined,
    );
  },
};
