import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';

/** The decoder processes that this process has started (Linux only). */
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
        return []; // It has ended in the meantime.
      }
    });
}

/** The peak memory of each of them; empty if the system does not report it. */
export function decoderPeaks(): number[] {
  const isKnown = process.platform === 'linux';
  return isKnown ? decoderProcesses().map(({ peakMegabytes }) => peakMegabytes) : [];
}

/** Reading takes less than 1 GB and ends before long, and this process is not blocked. */
export async function assertCheap(reading: Promise<unknown>): Promise<void> {
  const start = performance.now();
  let [ticks, peak] = [0, 0];
  const watch = setInterval(() => {
    ticks++;
    peak = Math.max(peak, ...decoderPeaks());
  }, 50);
  await reading.finally(() => clearInterval(watch));
  const seconds = (performance.now() - start) / 1000;
  // It is stopped after nine seconds; the rest allows for a busy machine.
  assert.ok(seconds < 60, `${seconds} s`);
  assert.ok(peak < 1000, `${peak} MB`);
  assert.ok(ticks >= Math.floor(seconds / 5), `${ticks} ticks in ${seconds} s`);
}
