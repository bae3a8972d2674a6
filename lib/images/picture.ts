/** A greyscale picture of any size, as `images.read` gives it. */
export interface Picture {
  /** Where it came from, for messages: the file's path, or `picture`. */
  readonly name: string;
  /** Pixels per row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** Brightness row by row from the top left: 0 is black, 255 is white. */
  readonly pixels: Uint8Array;
  /**
   * Where parts are transparent: how opaque each pixel is, 0 to 255. `pixels` has them on white
   * paper; to lay them on black, take `255 - opacity` away.
   */
  readonly opacity?: Uint8Array;
}
