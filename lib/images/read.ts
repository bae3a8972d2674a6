import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { decodeApart } from './decoderProcess';
import { maxFileBytes, maxMegapixels } from './limits';
import type { Picture } from './picture';

/**
 * Reads a picture as greyscale, like `cv2.imread(path, 0)` or PIL's `convert('L')`.
 *
 * Colours become `0.299 R + 0.587 G + 0.114 B` (ITU-R BT.601). Transparent parts count as white
 * paper. The rotation in a photo's EXIF or a TIFF is applied; of an animation or a multi-page TIFF
 * the first picture is taken.
 *
 * The picture is decoded in a process of its own, one for all pictures, within limits: 50
 * megapixels, 9 seconds, 900 MB of memory.
 *
 * @param source a file's path, or the file's content.
 * @returns width, height and one brightness per pixel, 0 (black) to 255 (white); the opacity too,
 *   where parts are transparent.
 * @throws Error when the file is missing, a folder, empty, damaged, cut short, beyond the limits, or
 *   not a PNG, JPEG, BMP, GIF or TIFF.
 */
export async function read(source: string | Uint8Array): Promise<Picture> {
  const name = typeof source === 'string' ? source : 'picture';
  const bytes = typeof source === 'string' ? await fileSize(source) : source.length;
  if (bytes > maxFileBytes) {
    throw new Error(
      `${name} has ${Math.round(bytes / 1e6)} MB: no picture of at most ${maxMegapixels} megapixels is that large`,
    );
  }
  const question = typeof source === 'string' ? resolve(source) : source;
  const decoded = await decodeApart(question).catch((error: Error) => {
    throw new Error(`${name} ${error.message}`, { cause: error });
  });
  return { name, ...decoded };
}

async function fileSize(path: string): Promise<number> {
  const file = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' || error.code === 'ENOTDIR'
      ? new Error(`there is no picture at ${path}`, { cause: error })
      : error;
  });
  if (!file.isFile()) {
    throw new Error(`${path} is ${file.isDirectory() ? 'a folder' : 'not a file'}, not a picture`);
  }
  return file.size;
}
