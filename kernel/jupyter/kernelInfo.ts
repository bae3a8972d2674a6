/** The kernel's description of itself. */
import { readFileSync } from 'node:fs';

/** The version of a package, without loading it. */
function versionOf(name: string): string {
  const file = require.resolve(`${name}/package.json`);
  return JSON.parse(readFileSync(file, 'utf8')).version;
}

const typescriptVersion = versionOf('typescript');

export const kernelInfo = {
  status: 'ok',
  protocol_version: '5.4',
  implementation: 'tslab',
  implementation_version: versionOf('tslab'),
  language_info: {
    name: 'typescript',
    version: typescriptVersion,
    mimetype: 'text/typescript',
    file_extension: '.ts',
    // JupyterLab uses `mode`, the classic notebook the others.
    codemirror_mode: { mode: 'typescript', name: 'javascript', typescript: true },
  },
  banner: `TypeScript ${typescriptVersion}, Node.js ${process.versions.node}`,
  help_links: [
    { text: 'TypeScript', url: 'https://www.typescriptlang.org/docs/' },
    { text: 'Node.js', url: 'https://nodejs.org/docs/latest/api/' },
  ],
};
