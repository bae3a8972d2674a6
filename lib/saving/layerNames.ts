/**
 * tfjs allows only some characters in the names of layers, Keras nearly all. A name with others is
 * spelled out for tfjs (`größe` becomes `name.gr.C3B6.C39F.e`), and turned back when it is saved.
 */

const allowed = /^[A-Za-z0-9][-A-Za-z0-9_.]*$/;
const start = 'name.';

/** A layer's name in Keras as tfjs can have it. */
export function nameFromKeras(name: string): string {
  if (allowed.test(name) && !name.startsWith(start)) {
    return name;
  }
  const spelled = name.replace(
    /[^-A-Za-z0-9_]+/g,
    (others) => `.${Buffer.from(others).toString('hex').toUpperCase()}.`,
  );
  return start + spelled;
}

/** The name in Keras of a layer that was loaded, and any other name as it is. */
export function nameToKeras(name: string): string {
  if (!name.startsWith(start)) {
    return name;
  }
  return name
    .slice(start.length)
    .replace(/\.((?:[0-9A-F]{2})+)\./g, (_, hex: string) => Buffer.from(hex, 'hex').toString());
}
