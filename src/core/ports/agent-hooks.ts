/** How a process of an agent reaches this service. */
export type Reporter = Readonly<{
  /** Where reports are posted, as JSON. */
  url: string;
  /**
   * A shell command that hands those fields of the JSON on its stdin to the service, besides the session, the event and
   * the helper it is of. It prints nothing, ends with 0 and takes a second at most, whether the service runs or not.
   */
  command: (fields: readonly string[]) => string;
  /** Whether a command is one of these, perhaps of another address or an older installation. */
  isOurs: (command: string) => boolean;
}>;

/** A folder by its configured path, and where that leads when links are followed. */
export type Folder = Readonly<{ path: string; realPath: string }>;

/** What the files of one home hold, in their order; undefined where there is no file. */
export type Texts = readonly (string | undefined)[];

/** What makes one home of an agent report to this service. It reads and writes nothing, it only edits texts. */
export interface Connection {
  /** The files it changes, by absolute path. */
  readonly files: readonly string[];
  /**
   * The texts with our entries in them; as given where they have them. Throws a `PalingenesisError` that names file and
   * line where a text is not what the agent would understand.
   */
  connect(texts: Texts): Texts;
  /** The texts without our entries; as given where there are none. Throws as `connect` does. */
  disconnect(texts: Texts): Texts;
}

/** How an agent can be made to report what it does while it does it: by hooks, or by a plugin. */
export type AgentHooks = Readonly<{
  /** The folders it can be set up in, from the settings. */
  homes: readonly string[];
  connection: (home: Folder, reporter: Reporter) => Connection;
}>;
