import type { DatasetFile, SourceMaker } from './description';
import type { Source, SourceContext } from './source';

/**
 * Source of a dataset: public servers.
 *
 * @param addresses URLs to which a file's name and `.gz` are appended, in the order in which they
 *   are tried. The option `mirrors` of {@link loadDataset} replaces them.
 * @returns the source.
 */
export function mirrors(addresses: readonly string[]): SourceMaker {
  return (context) =>
    (context.mirrors ?? addresses).map((address) => mirrorSource(address, context));
}

/** A public server that has each file as `<address><name>.gz`. */
export function mirrorSource(address: string, context: SourceContext): Source {
  return {
    name: `mirror ${address}`,
    store: true,
    async *find(files) {
      for (const file of files) {
        yield { file, bytes: await download(address, file, context) };
      }
    },
  };
}

async function download(
  address: string,
  file: DatasetFile,
  context: SourceContext,
): Promise<Uint8Array> {
  const url = new URL(`${file.name}.gz`, address.endsWith('/') ? address : `${address}/`);
  const silence = new SilenceLimit(context.silenceSeconds);
  const signals = [silence.signal, context.signal].filter((signal) => signal !== undefined);
  try {
    const response = await fetch(url, {
      signal: AbortSignal.any(signals),
      headers: { 'accept-encoding': 'identity' },
    });
    if (!response.ok) {
      throw new Error(`the server answered ${response.status} ${response.statusText}`);
    }
    return await receive(response, file, silence, context);
  } catch (error) {
    throw new Error(`${file.name}.gz: ${reasonOf(error)}`, { cause: error });
  } finally {
    silence.end();
  }
}

async function receive(
  response: Response,
  file: DatasetFile,
  silence: SilenceLimit,
  { title, report }: SourceContext,
): Promise<Uint8Array> {
  const contentLength = Number(response.headers.get('content-length'));
  const totalBytes = contentLength > 0 ? contentLength : undefined;
  const chunks: Uint8Array[] = [];
  let receivedBytes = 0;
  const reader = response.body?.getReader();
  for (let next = await reader?.read(); next?.value; next = await reader?.read()) {
    const chunk = next.value;
    silence.restart();
    chunks.push(chunk);
    receivedBytes += chunk.length;
    // Some servers send the file uncompressed, so up to the uncompressed length is valid.
    if (receivedBytes > file.bytes) {
      throw new Error(`the server sends more than the file's ${file.bytes} bytes`);
    }
    const message = `${title}: ${file.name} from ${new URL(response.url).host}`;
    report({ message, receivedBytes, totalBytes });
  }
  return Buffer.concat(chunks);
}

/** Aborts its signal when nothing has happened for some seconds. */
class SilenceLimit {
  private readonly controller = new AbortController();
  private readonly timer: NodeJS.Timeout;

  constructor(seconds: number) {
    this.timer = setTimeout(() => {
      this.controller.abort(new Error(`the server was silent for ${seconds} seconds`));
    }, seconds * 1000);
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  restart(): void {
    this.timer.refresh();
  }

  /** Stops watching, and closes the connection if the download is incomplete. */
  end(): void {
    clearTimeout(this.timer);
    this.controller.abort();
  }
}

/** `fetch` says only "fetch failed"; the reason is in the cause. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  if (cause instanceof Error) {
    return cause.message || (cause as NodeJS.ErrnoException).code || message;
  }
  return message;
}
