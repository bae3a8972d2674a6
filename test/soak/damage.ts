/**
 * A file's content with one to four changes, half of them in the first 64 bytes, where headers are:
 * bytes replaced, pieces removed, inserted or repeated, ends cut off.
 *
 * @param random gives numbers from 0 to below 1; the same numbers, the same damage.
 */
export function damaged(original: Buffer, random: () => number): Buffer {
  let content = Buffer.from(original);
  const below = (limit: number) => Math.floor(random() * limit);
  const extremes = [0x00, 0x01, 0x7f, 0x80, 0xff];
  for (let change = below(4); change >= 0 && content.length > 0; change--) {
    const at = below(random() < 0.5 ? Math.min(64, content.length) : content.length);
    const length = 1 + below(8);
    const before = content.subarray(0, at);
    const piece = content.subarray(at, at + length);
    const after = content.subarray(at + length);
    const noise = Buffer.from(piece.map(() => below(256)));
    const extreme = Buffer.alloc(piece.length, extremes[below(extremes.length)]);
    const changes: Buffer[][] = [
      [before, noise, after],
      [before, extreme, after],
      [before, extreme, after],
      [before, after],
      [before, piece, piece, after],
      [before],
    ];
    content = Buffer.concat(changes[below(changes.length)] as Buffer[]);
  }
  return content;
}

/** A file's content with one bit changed, as a bad disk leaves it. */
export function withOneBitChanged(original: Buffer, random: () => number): Buffer {
  const content = Buffer.from(original);
  const at = Math.floor(random() * content.length);
  content.writeUInt8(content.readUInt8(at) ^ (1 << Math.floor(random() * 8)), at);
  return content;
}
