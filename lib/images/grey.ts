/** A picture's size and brightness, as `Picture` has them. */
export interface GreyPixels {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
  readonly opacity?: Uint8Array;
}

/** A picture in colour: four bytes for each pixel, row by row from the top left. */
export interface RgbaPixels {
  readonly width: number;
  readonly height: number;
  /** Red, green, blue, and alpha from 0 (transparent) to 255. */
  readonly pixels: Uint8Array;
}

/** Colours laid on white paper, as brightness. */
export function greyOnWhite(rgba: Uint8Array | Uint8ClampedArray): Uint8Array {
  const grey = new Uint8Array(rgba.length / 4);
  for (let pixel = 0, at = 0; pixel < grey.length; pixel++, at += 4) {
    const [red, green, blue, alpha] = [rgba[at], rgba[at + 1], rgba[at + 2], rgba[at + 3]] as Four;
    const opaque = brightness(red, green, blue);
    grey[pixel] = Math.round((opaque * alpha + 255 * (255 - alpha)) / 255);
  }
  return grey;
}

/** How opaque each pixel is; nothing where all are opaque. */
export function opacityOf(rgba: Uint8Array | Uint8ClampedArray): { opacity?: Uint8Array } {
  const opacity = new Uint8Array(rgba.length / 4).map((_, pixel) => rgba[4 * pixel + 3] as number);
  return opacity.every((value) => value === 255) ? {} : { opacity };
}

/** Printing inks, 255 of each the most, as brightness; converted as Pillow does, without profiles. */
export function greyOfInks(cmyk: Uint8Array): Uint8Array {
  const grey = new Uint8Array(cmyk.length / 4);
  for (let pixel = 0, at = 0; pixel < grey.length; pixel++, at += 4) {
    const [cyan, magenta, yellow, black] = [
      cmyk[at],
      cmyk[at + 1],
      cmyk[at + 2],
      cmyk[at + 3],
    ] as Four;
    const light = (255 - black) / 255;
    const opaque = brightness(255 - cyan, 255 - magenta, 255 - yellow);
    grey[pixel] = Math.round(light * opaque);
  }
  return grey;
}

type Four = [number, number, number, number];

/** ITU-R BT.601, the weights in 1/65536 as Pillow has them. */
function brightness(red: number, green: number, blue: number): number {
  return (19595 * red + 38470 * green + 7471 * blue) / 65536;
}
