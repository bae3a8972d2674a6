/** What is wrong with a picture, as the rest of a sentence that begins with its name. */
export class PictureError extends Error {
  override readonly name = 'PictureError';
}
