namespace PatientGrains.Log;

/// <summary>Where a <see cref="PostgresLog"/> lies and what it may take of the server and of this process.</summary>
/// <param name="ConnectionString">As Npgsql takes it. The connection goes to the server itself or to a pooler in session mode: prepared
/// statements and LISTEN belong to a session. Sizes of pools and what protects data are set here, not there.</param>
public sealed record PostgresLogOptions(string ConnectionString)
{
    /// <summary>The schema that holds the tables: small letters, digits and underscores. Made by the program when it is missing and the
    /// role may make it.</summary>
    public string Schema { get; init; } = "patientgrains";

    /// <summary>Transactions under way at a time. While one syncs, the next is executed; more than a few only split the groups, and every
    /// process of a cluster takes as many of the server's connections.</summary>
    public int Writers { get; init; } = 4;

    /// <summary>Reads under way at a time; others wait.</summary>
    public int Readers { get; init; } = 8;

    /// <summary>How often feeds and due times are looked at although nothing was notified, because the process that wrote may have died
    /// before it told.</summary>
    public TimeSpan LookEvery { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long the outcome of a transaction is looked for whose connection was lost while it was committed, before its appends
    /// fail with an outcome that is unknown. A server that crashed is often back within this time.</summary>
    public TimeSpan OutcomePatience { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a connection may take to come about, before the server counts as away.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a statement may take before its connection counts as lost; those of an erasure have an hour.</summary>
    public TimeSpan StatementTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Appends that may wait: about a second of work. Past half of it the log is crowded.</summary>
    public int MaxQueued { get; init; } = 16_384;

    /// <summary>Takes a server with fsync=off, which loses what was acknowledged when its machine dies: for tests and trials.</summary>
    public bool AllowUnsyncedServer { get; init; }
}
