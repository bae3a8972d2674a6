import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import type { Layout, Plot } from 'nodeplotlib';
import type { Figure } from './figure';

/** The file that the patch adds. */
const guard = 'src/lib/server/guard.js';

/**
 * Opens a figure in nodeplotlib's browser window; further figures join it there. The program ends
 * when the window is closed. Where no window can open, a warning says what to do instead.
 *
 * `patches/nodeplotlib+1.1.2.patch` lets the window work without a network (our plotly.js instead
 * of a CDN's), shows each figure once, keeps the server's start-up lines out of the terminal, and
 * lets only the browser that opens the printed address, on this machine, see the figures.
 */
export async function openWindow({ data, layout }: Figure): Promise<void> {
  const obstacle = await whyNoWindow();
  if (obstacle) {
    console.warn(
      `The figure is not shown: ${obstacle}. Save it with plots.saveFigure(figure, 'figure.png'), ` +
        'or set NODEPLOTLIB_PORT to a free port and open the address that is then printed.',
    );
    return;
  }
  const { plot } = await import('nodeplotlib');
  plot(data as Plot[], layout as Layout);
}

/** nodeplotlib starts a browser and waits until it is closed; without one it would wait forever. */
async function whyNoWindow(): Promise<string | undefined> {
  if (!isGuarded()) {
    return (
      'this nodeplotlib is not patched: others on the network could see the figures ' +
      '(docs/application.md in this package says what to do)'
    );
  }
  const { CI, DISPLAY, WAYLAND_DISPLAY, WSL_DISTRO_NAME, NODEPLOTLIB_PORT } = process.env;
  if (NODEPLOTLIB_PORT) {
    obstacleOfPort ??= whyNotOn(NODEPLOTLIB_PORT);
    return obstacleOfPort;
  }
  if (CI) {
    return 'this is a CI run (the environment variable CI is set)';
  }
  if (process.platform === 'linux' && !DISPLAY && !WAYLAND_DISPLAY && !WSL_DISTRO_NAME) {
    return 'there is no screen (neither DISPLAY nor WAYLAND_DISPLAY is set)';
  }
  return undefined;
}

/** Why the requested port cannot be used. Asked once: later nodeplotlib itself occupies it. */
let obstacleOfPort: Promise<string | undefined> | undefined;

async function whyNotOn(text: string): Promise<string | undefined> {
  const port = Number(text);
  if (!(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
    return `NODEPLOTLIB_PORT is "${text}", not a port (0 to 65535)`;
  }
  const server = createServer();
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening');
  } catch (error) {
    return `the port ${port} that NODEPLOTLIB_PORT names cannot be used (${(error as Error).message})`;
  }
  server.close();
  await once(server, 'close');
  return undefined;
}

/** Whether nodeplotlib shows the figures to one browser only, which `patches/` achieves. */
function isGuarded(): boolean {
  return existsSync(join(dirname(require.resolve('nodeplotlib/package.json')), guard));
}
