/** Promises for something that will be so, looked at whenever it may have become so. */
export class Waits {
  private readonly waiting = new Set<Wait>();

  /** Resolves to what `probe` gives as soon as that is not undefined; rejects with what it throws. */
  until<T>(probe: () => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const look = (): boolean => {
        const found = probe();
        if (found !== undefined) resolve(found);
        return found !== undefined;
      };
      const wait: Wait = { look, reject };
      this.waiting.add(wait);
      this.lookAt(wait);
    });
  }

  look(): void {
    for (const wait of this.waiting) this.lookAt(wait);
  }

  /** It will not be so any more. */
  fail(error: Error): void {
    for (const { reject } of this.waiting) reject(error);
    this.waiting.clear();
  }

  private lookAt(wait: Wait): void {
    try {
      if (wait.look()) this.waiting.delete(wait);
    } catch (error) {
      this.waiting.delete(wait);
      wait.reject(error);
    }
  }
}

interface Wait {
  look(): boolean;
  reject(error: unknown): void;
}
