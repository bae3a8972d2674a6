import { describe, it } from 'node:test';
import { runPythonTests } from './pythonTests';

describe('the kernel', { concurrency: 2 }, () => {
  it('runs, fails and interrupts single cells', () => runPythonTests('cells.py'));
  it('takes today’s TypeScript', () => runPythonTests('language.py'));
  it('answers what front ends ask', () => runPythonTests('frontends.py'));
  it('shows widgets', () => runPythonTests('widgets.py'));
});
