// For esbuild: lib's one door to TensorFlow leads to tfjs-node; in a page it leads to the browser's.
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
