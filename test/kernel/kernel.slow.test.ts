import { describe, it } from 'node:test';
import { runPythonTests } from './pythonTests';

describe('the kernel', { concurrency: 2 }, () => {
  it('passes the Jupyter conformance suite', () => runPythonTests('conformance.py'));
  it('imports the library’s sources', () => runPythonTests('sources.py'));
  it('runs whole notebooks', () => runPythonTests('notebooks.py'));
  it('is interrupted whatever it does', () => runPythonTests('interrupts.py'));
  it('survives what strangers send', () => runPythonTests('security.py'));
});
