/**
 * Decides when a model's batches are worth a graph: how many of a kind have come, how often what the
 * model computes has changed, how often code of the user's runs between batches.
 */

import { NotCompilableError } from '../../native/notCompilableError';
import type { Kind } from './modelSteps';

/** How many batches of one kind and shape run op by op before a graph is built for them. */
const EAGER_BATCHES: Record<Kind, number> = { train: 4, test: 24, predict: 24 };

/** So many operations of such batches, too, one by one, take about as long as building a graph. */
const EAGER_OPERATIONS = 1000;

/** From so many rows on, in batches of any kind, a graph saves more time than it takes to build. */
export const MANY_ROWS = 4096;

/** A graph that has served for fewer training batches was hardly worth building. */
const WORTH_BATCHES = 40;

/** This many changes are followed, however quickly they come. */
const TOLERATED_CHANGES = 3;

/** Recording a step once more, only to compare, is worthwhile if at least this many batches follow. */
const FEW_BATCHES = 3;

/** What is known of the batches of one kind and shape, with the same settings of the model. */
export interface BatchHistory {
  kind: Kind;
  /** Whether it is known that many such batches are to come. */
  isFrequent: boolean;
  /** How many have been run op by op. */
  eager: number;
  /** How many operations these were. */
  operations: number;
  /** How many rows they had. */
  rows: number;
  /** When code of the user's had last run before the present batches. */
  time: number;
  /** How many have come since then. */
  sinceThen: number;
  /** How many came between the last two times. */
  before: number;
  /** How often few came between two times. */
  shortTimes: number;
  /** Whether the graph is known to be right for the present time. */
  isCompared: boolean;
  /** Why there is no graph. */
  refusal?: NotCompilableError;
}

export class CompilePolicy {
  /** Whether graphs are built at the first batch, whatever they cost. */
  immediately = false;
  /** Batches of a kind that have this many rows are compiled at the first. */
  readonly frequentRows: Partial<Record<Kind, number>> = {};

  private readonly histories = new Map<string, BatchHistory>();
  /** Counts how often code of the user's may have changed something. */
  private time = 0;
  /** Training batches that graphs have run since the last change. */
  private servedSinceChange = 0;
  /** Changes that came soon after one another. */
  private hastyChanges = 0;

  beginRun(): void {
    this.userCodeRan();
    this.hastyChanges = 0;
  }

  userCodeRan(): void {
    this.time++;
  }

  /** Notes that a graph has run a training batch. */
  served(): void {
    this.servedSinceChange++;
  }

  /**
   * Notes that the model computes something else by now.
   *
   * @param change what has changed, in words for a message.
   * @throws NotCompilableError if it changes again and again.
   */
  changed(change: string): void {
    this.hastyChanges = this.servedSinceChange < WORTH_BATCHES ? this.hastyChanges + 1 : 0;
    this.servedSinceChange = 0;
    if (!this.immediately && this.hastyChanges > TOLERATED_CHANGES) {
      throw new NotCompilableError(
        `what it computes changes again and again (the last time: ${change}), and each time a new ` +
          'graph would have to be built.',
      );
    }
  }

  /**
   * Counts a batch that comes.
   *
   * @param key names its kind, its shapes and the settings of the model.
   * @param rows how many rows of a data set it is; undefined for tensors of its own.
   * @returns what is known of such batches.
   */
  next(key: string, kind: Kind, rows: number | undefined): BatchHistory {
    const history = this.histories.get(key) ?? {
      kind,
      isFrequent: false,
      eager: 0,
      operations: 0,
      rows: 0,
      time: this.time,
      sinceThen: 0,
      before: Number.POSITIVE_INFINITY,
      shortTimes: 0,
      isCompared: false,
    };
    this.histories.set(key, history);
    history.isFrequent = rows !== undefined && rows === this.frequentRows[kind];
    if (history.time !== this.time) {
      history.before = history.sinceThen;
      history.shortTimes += history.before < FEW_BATCHES ? 1 : 0;
      history.time = this.time;
      history.sinceThen = 0;
      history.isCompared = false;
    }
    history.sinceThen++;
    return history;
  }

  /**
   * Whether a batch for which there is no graph is to be run op by op, as too few have come.
   *
   * @param hasChanged whether the model has been set otherwise: the graph may not serve for long.
   */
  isTooEarly(history: BatchHistory, hasChanged: boolean): boolean {
    const isAwaited = history.isFrequent && !hasChanged;
    const wereMany =
      history.eager >= EAGER_BATCHES[history.kind] ||
      history.operations >= EAGER_OPERATIONS ||
      history.rows >= MANY_ROWS;
    if (this.immediately || isAwaited || wereMany) {
      return false;
    }
    history.eager++;
    return true;
  }

  /**
   * Whether code of the user's would have to be recorded anew for a few batches at a time: such a
   * batch is run op by op.
   *
   * @param custom the code of the user's, in words for a message.
   * @throws NotCompilableError if that goes on in training.
   */
  isTooOften(history: BatchHistory, custom: string): boolean {
    const { kind, isCompared, isFrequent, before, sinceThen, shortTimes } = history;
    if (this.immediately || isCompared || before >= FEW_BATCHES || sinceThen > FEW_BATCHES) {
      return false;
    }
    if (kind === 'train' && isFrequent && shortTimes > TOLERATED_CHANGES) {
      throw new NotCompilableError(
        `a callback runs after each batch or so and may change what ${custom} computes, which would ` +
          'have to be recorded anew each time. A callback that changes nothing of the kind can say ' +
          'so: changesModel: false.',
      );
    }
    return true;
  }
}
