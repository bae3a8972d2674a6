/** Repeats some work, always with the latest value; values in between are skipped. */
export class Latest<Value> {
  private waiting: { value: Value } | undefined;
  private isBusy = false;

  /** @param work must not reject. */
  constructor(private readonly work: (value: Value) => Promise<void>) {}

  /** Works with this value as soon as the current work is done. */
  set(value: Value): void {
    this.waiting = { value };
    if (!this.isBusy) {
      this.isBusy = true;
      void this.workOff();
    }
  }

  /** Drops the waiting value. */
  clear(): void {
    this.waiting = undefined;
  }

  private async workOff(): Promise<void> {
    while (this.waiting) {
      const { value } = this.waiting;
      this.waiting = undefined;
      await this.work(value);
    }
    this.isBusy = false;
  }
}
