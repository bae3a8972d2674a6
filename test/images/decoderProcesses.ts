import { readdirSync, readFileSync } from 'node:fs';

/** The processes that this one has started, and that run the decoder of pictures (Linux only). */
export function decoderProcesses(): { pid: number; peakMegabytes: number }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const status = readFileSync(`/proc/${name}/status`, 'utf8');
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8');
        const isOurs = status.includes(`\nPPid:\t${process.pid}\n`);
        const peak = /VmHWM:\s+(\d+) kB/.exec(status)?.[1];
        return isOurs && peak && command.includes('images/decoder.js')
          ? [{ pid: Number(name), peakMegabytes: Number(peak) / 1000 }]
          : [];
      } catch {
        return []; // It has ended meanwhile.
      }
    });
}

/** The most memory that each of them has taken; nothing where the system does not tell. */
export function decoderPeaks(): number[] {
  const isKnown = process.platform === 'linux';
  return isKnown ? decoderProcesses().map(({ peakMegabytes }) => peakMegabytes) : [];
}
