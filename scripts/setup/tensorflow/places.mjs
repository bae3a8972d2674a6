// Where the native part of @tensorflow/tfjs-node is, and the systems that it supports.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { cache, nodeModules } from '../project.mjs';

export const system = `${process.platform}-${process.arch}`;
export const tfjsNode = path.join(nodeModules, '@tensorflow/tfjs-node');

/**
 * The addon is built for the newest Node-API version that the package knows (8), which every
 * Node.js since 12.22 has: one addon serves all of them.
 */
export const nodeApiVersion = 8;
export const addon = path.join(tfjsNode, `lib/napi-v${nodeApiVersion}/tfjs_binding.node`);

/**
 * A Python wheel that holds TensorFlow's library and C headers.
 *
 * @typedef {object} Wheel
 * @property {string} requirement
 * @property {string} platformTag
 * @property {number} megabytes
 * @property {string} sha256
 */

/**
 * The wheels, by `process.platform-process.arch`. TensorFlow 2.15.1 can be silenced (later versions
 * print two lines at every start).
 *
 * @type {Readonly<Record<string, Wheel>>}
 */
export const wheels = {
  'linux-x64': {
    requirement: 'tensorflow-cpu==2.15.1',
    platformTag: 'manylinux_2_17_x86_64',
    megabytes: 207,
    sha256: '54660c074d7241a503e81edfd9f5ef5af88f64051b72e2945f26318c790f2d26',
  },
  'linux-arm64': {
    requirement: 'tensorflow-cpu-aws==2.15.1',
    platformTag: 'manylinux_2_17_aarch64',
    megabytes: 212,
    sha256: 'd4c3a3a9363bf42999adedbbd514e3a133be2d62f61fee9cfa46aaefb087c09e',
  },
  'darwin-x64': {
    requirement: 'tensorflow==2.15.1',
    platformTag: 'macosx_10_15_x86_64',
    megabytes: 236,
    sha256: '6761efe511e6ee0f893f60738fefbcc51d6dc386eeaaafea59d21899ef369ffd',
  },
  'darwin-arm64': {
    requirement: 'tensorflow==2.15.1',
    platformTag: 'macosx_12_0_arm64',
    megabytes: 206,
    sha256: 'aa926114d1e13ffe5b2ea59c3f195216f26646d7fe36e9e5207b291e4b7902ff',
  },
};

/** The systems for which the package's makers publish an addon; its file name has no processor. */
export const systemsWithPrebuiltAddon = ['linux-x64', 'darwin-x64', 'win32-x64'];

/** Where a finished build is kept: its library and headers, and the addons compiled with them. */
export function keptBuild() {
  const { version } = readPackage();
  const requirement = wheels[system]?.requirement.replace('==', '-');
  return path.join(cache, 'tensorflow', `tfjs-node-${version}-${requirement}-${system}`);
}

/** Whether a build that an earlier set-up kept can be used: some have no headers. */
export function hasKeptBuild() {
  return system in wheels && existsSync(path.join(keptBuild(), 'deps/include'));
}

/** @returns {{ version: string, binary: { host: string } }} what matters of tfjs-node's package.json */
export function readPackage() {
  return JSON.parse(readFileSync(path.join(tfjsNode, 'package.json'), 'utf8'));
}
