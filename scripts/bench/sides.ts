/** What is compared: the networks, and the programs that train them. */

export const networkNames = ['mlp', 'lenet5', 'lenet', 'cnn', 'from-scratch'] as const;
export type NetworkName = (typeof networkNames)[number];

export const sideNames = ['keras-tensorflow', 'keras-jax', 'pytorch', 'eager', 'compiled'] as const;
export type SideName = (typeof sideNames)[number];

/** The side that all others are compared with. */
export const reference: SideName = 'keras-tensorflow';

/** One way of running a side; most have only one. */
export interface Variant {
  side: SideName;
  /** What tells it from the side's other ways. */
  setting?: 'jit_compile=auto' | 'jit_compile=False';
}

/** The ways of running the sides, in the order in which they take turns. */
export function variantsOf(sides: readonly SideName[]): Variant[] {
  return sides.flatMap((side): Variant[] =>
    side === 'keras-tensorflow'
      ? [
          { side, setting: 'jit_compile=auto' },
          { side, setting: 'jit_compile=False' },
        ]
      : [{ side }],
  );
}

export function title({ side, setting }: Variant): string {
  return setting ? `${side} (${setting})` : side;
}

/** The Python environment that a side needs, if any. */
export function pythonEnvironment(side: SideName): 'keras' | 'torch' | undefined {
  if (side === 'pytorch') {
    return 'torch';
  }
  return side.startsWith('keras') ? 'keras' : undefined;
}
