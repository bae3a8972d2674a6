/** What is compared: the networks, and the programs that train them. */

/** The articles' networks and a residual one. */
export const usualNetworks = ['mlp', 'lenet5', 'lenet', 'cnn', 'from-scratch', 'resnet'] as const;
export const networkNames = [...usualNetworks, 'lstm', 'gru'] as const;
export type NetworkName = (typeof networkNames)[number];

export const sideNames = [
  'keras-tensorflow',
  'tensorflow',
  'keras-jax',
  'pytorch',
  'eager',
  'compiled',
] as const;
export type SideName = (typeof sideNames)[number];

/** The side that all others are compared with. */
export const reference: SideName = 'keras-tensorflow';

/** A variant of a side; most sides have only one. */
export interface Variant {
  side: SideName;
  /** The setting that distinguishes it from the side's other variants. */
  setting?: 'jit_compile=auto' | 'jit_compile=False' | 'oneDNN off' | 'tf.function';
}

/** The variants of the sides, in the order in which they take turns. */
export function variantsOf(sides: readonly SideName[]): Variant[] {
  return sides.flatMap((side): Variant[] => {
    switch (side) {
      case 'keras-tensorflow':
        return [
          { side, setting: 'jit_compile=auto' },
          { side, setting: 'jit_compile=False' },
          { side, setting: 'oneDNN off' },
        ];
      case 'tensorflow':
        return [{ side, setting: 'tf.function' }];
      default:
        return [{ side }];
    }
  });
}

/** Whether a side trains a network: TensorFlow's explicit steps exist for one network only. */
export function trains(side: SideName, network: NetworkName): boolean {
  return side !== 'tensorflow' || network === 'from-scratch';
}

export function title({ side, setting }: Variant): string {
  return setting ? `${side} (${setting})` : side;
}

/** The Python environment that a side needs, if any. */
export function pythonEnvironment(side: SideName): 'keras' | 'torch' | undefined {
  if (side === 'pytorch') {
    return 'torch';
  }
  return side === 'eager' || side === 'compiled' ? undefined : 'keras';
}
