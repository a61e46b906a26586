namespace PatientGrains.Log;

/// <summary>Something that a log could not do. Messages name blinded ids and folders, never what a log is about.</summary>
public abstract class LogException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>An append built on a head that is not the log's head: another activation wrote, or the append before this one failed. Nothing
/// was written.</summary>
public sealed class StaleHeadException(LogId log) : LogException($"Log {log} has another head than this append builds on.")
{
    public LogId Log { get; } = log;
}

/// <summary>A locator key that the append claims is held by another log. Nothing was written.</summary>
public sealed class ClaimTakenException(BlindKey key, LogId by) : LogException($"The key {key} is claimed by log {by}.")
{
    public BlindKey Key { get; } = key;

    public LogId By { get; } = by;
}

/// <summary>A named limit was reached before anything was decided or queued. Trying again later is right.</summary>
public sealed class LogBusyException(string limit) : LogException($"The log is busy: {limit}.");

/// <summary>A decision or a log is larger than its named limit. Trying again is no use. Nothing was written.</summary>
public sealed class LogLimitException(string limit) : LogException($"Over a limit of the log: {limit}.");

/// <summary>The disk (or the store's quota) is full. Nothing of the append was written; the store goes on when there is space
/// again.</summary>
public sealed class LogFullException(string where) : LogException($"There is no space left to append in {where}.");

/// <summary>The log's data key was destroyed. It takes no commits and cannot be read.</summary>
public sealed class LogErasedException(LogId log) : LogException($"Log {log} was erased.")
{
    public LogId Log { get; } = log;
}

/// <summary>The store does not work. Whether the append was written is not known until the store works again and the log is
/// opened.</summary>
public sealed class LogFailedException(string what, Exception? inner = null) : LogException(what, inner);

/// <summary>What was read is not what was written: a byte, a commit, an order or a key was changed.</summary>
public sealed class LogCorruptException(LogId log, long seq, string what) : LogException($"Log {log} is corrupt at event {seq}: {what}.")
{
    public LogId Log { get; } = log;

    public long Seq { get; } = seq;

    public string What { get; } = what;
}

/// <summary>The data folder, or the place in a database, cannot be opened: another process has it, it was made with another key ring, or by
/// a newer version.</summary>
public sealed class DataFolderException(DataFolderProblem problem, string folder, string message) : LogException(message)
{
    public DataFolderProblem Problem { get; } = problem;

    public string Folder { get; } = folder;
}

public enum DataFolderProblem
{
    /// <summary>Another process, or another part of this one, has it open.</summary>
    InUse,
    /// <summary>File locks do not work there (a network file system, or a process that switched them off), so two processes could write at
    /// once.</summary>
    CannotLock,
    /// <summary>It was made with another key ring.</summary>
    OtherKeyRing,
    /// <summary>It was written by a newer version, whose format is not known here.</summary>
    NewerFormat,
    /// <summary>What lies there is not a store of this program.</summary>
    NotAStore,
    /// <summary>The tables are missing or old, and the database's role may not make them.</summary>
    MayNotCreate,
    /// <summary>The server acknowledges what it did not sync.</summary>
    NotDurable,
}

/// <summary>A key ring that cannot be used: missing, readable by others, malformed, or without the key that is asked for.</summary>
public sealed class KeyRingException(string message) : LogException(message);

/// <summary>
/// An append of this journal failed. The activation must be thrown away with every request that waits on it; none of them was acknowledged.
/// The inner exception is the reason.
/// </summary>
public sealed class JournalLostException(Exception reason)
    : LogException("The journal lost its place in the log and must be opened again.", reason);
