/** The signatures of a zip's parts. */
const entryStart = 0x02014b50;
const endOfList = Buffer.from('PK\x05\x06', 'latin1');

/**
 * The CRC-32 of each file in a zip, from the list at the zip's end. fflate unpacks the files, but
 * does not compare their checksums.
 *
 * Follows https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3.12 and 4.3.16.
 *
 * @throws RangeError if the list is cut short or damaged.
 */
export function zipChecksums(zip: Buffer): Map<string, number> {
  const checksums = new Map<string, number>();
  const end = zip.lastIndexOf(endOfList);
  const count = zip.readUInt16LE(end + 10);
  let start = zip.readUInt32LE(end + 16);
  for (let entry = 0; entry < count; entry++) {
    if (zip.readUInt32LE(start) !== entryStart) {
      throw new RangeError(`there is no entry at byte ${start}`);
    }
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) =>
      zip.readUInt16LE(start + field),
    ) as [number, number, number];
    const name = zip.toString('utf8', start + 46, start + 46 + nameLength);
    checksums.set(name, zip.readUInt32LE(start + 16));
    start += 46 + nameLength + extraLength + commentLength;
  }
  return checksums;
}
