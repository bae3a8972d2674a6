/** Does some work again and again, always with the latest value; those in between are left out. */
export class Latest<Value> {
  private waiting: { value: Value } | undefined;
  private isBusy = false;

  /** @param work must not reject. */
  constructor(private readonly work: (value: Value) => Promise<void>) {}

  /** Works with this value, as soon as what is being done is done. */
  set(value: Value): void {
    this.waiting = { value };
    if (!this.isBusy) {
      this.isBusy = true;
      void this.workOff();
    }
  }

  /** Forgets the value that waits. */
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
