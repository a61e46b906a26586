using System.Net.Sockets;
using Npgsql;

namespace PatientGrains.Log.Postgres;

/// <summary>The connections of one log, pooled, and what failures of them mean.</summary>
internal sealed class PostgresConnections : IAsyncDisposable
{
    /// <summary>Side writes and notifications beside writers and readers.</summary>
    private const int Others = 4;
    private const int PreparedStatements = 64;

    /// <summary>
    /// Every look-up of this log goes by an index, and plans are kept: one that was made while a table was small and read it through would
    /// be kept when it is large. So the planner is told that it may not.
    /// </summary>
    private const string Planning = "-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c jit=off";

    /// <summary>What the transactions count on, whatever the role's default is.</summary>
    private const string Isolation = @"-c default_transaction_isolation=read\ committed";

    private readonly NpgsqlDataSource _source;
    private readonly string _connection;
    private readonly SemaphoreSlim _readers;
    private int _renewals;

    private PostgresConnections(NpgsqlConnectionStringBuilder connection, PostgresLogOptions options)
    {
        _connection = connection.ConnectionString;
        var source = new NpgsqlDataSourceBuilder(_connection);
        source.UsePhysicalConnectionInitializer(_ => Interlocked.Increment(ref _renewals), _ =>
        {
            Interlocked.Increment(ref _renewals);
            return Task.CompletedTask;
        });
        _source = source.Build();
        _readers = new SemaphoreSlim(options.Readers);
        Place = PlaceOf(options);
    }

    /// <summary>Rises whenever a connection to the server is made.</summary>
    public int Renewals => Volatile.Read(ref _renewals);

    /// <summary>Where the log lies, as messages say it.</summary>
    public string Place { get; }

    public static string PlaceOf(PostgresLogOptions options) =>
        $"PostgreSQL database {new NpgsqlConnectionStringBuilder(options.ConnectionString).Database}, schema {options.Schema}";

    /// <summary>Asks the server how it is set, and makes the pool accordingly: its sessions sync when they commit, whatever the default of
    /// server, database or role.</summary>
    public static async Task<PostgresConnections> Make(PostgresLogOptions options, CancellationToken cancel)
    {
        var connection = new NpgsqlConnectionStringBuilder(options.ConnectionString)
        {
            Pooling = false, Timeout = Seconds(options.ConnectTimeout), CommandTimeout = Seconds(options.StatementTimeout),
            // Values of rows stay out of exceptions and logs.
            IncludeErrorDetail = false, PersistSecurityInfo = false, Enlist = false, TcpKeepAlive = true,
        };
        bool isStronger;
        await using (var first = new NpgsqlConnection(connection.ConnectionString))
        {
            await first.OpenAsync(cancel).ConfigureAwait(false);
            if (await Setting(first, "fsync", cancel).ConfigureAwait(false) == "off" && !options.AllowUnsyncedServer)
            {
                throw new DataFolderException(DataFolderProblem.NotDurable, PlaceOf(options),
                    "The PostgreSQL server runs with fsync=off: what it acknowledges is lost when its machine stops. Nothing was changed.");
            }
            isStronger = await Setting(first, "synchronous_commit", cancel).ConfigureAwait(false) == "remote_apply";
        }
        connection.Pooling = true;
        connection.MaxPoolSize = options.Writers + options.Readers + Others;
        connection.NoResetOnClose = true;
        connection.MaxAutoPrepare = PreparedStatements;
        connection.AutoPrepareMinUsages = 2;
        string synced = $"-c synchronous_commit={(isStronger ? "remote_apply" : "on")}";
        connection.Options = $"{connection.Options} {Planning} {Isolation} {synced}".Trim();
        return new PostgresConnections(connection, options);
    }

    private static int Seconds(TimeSpan time) => (int)Math.Ceiling(time.TotalSeconds);

    /// <summary>Part of connecting, and given as long.</summary>
    private static async Task<string?> Setting(NpgsqlConnection connection, string name, CancellationToken cancel)
    {
        await using var show = new NpgsqlCommand($"SHOW {name}", connection) { CommandTimeout = connection.ConnectionTimeout };
        return (string?)await show.ExecuteScalarAsync(cancel).ConfigureAwait(false);
    }

    public ValueTask<NpgsqlConnection> Open(CancellationToken cancel = default) => _source.OpenConnectionAsync(cancel);

    /// <summary>A connection outside the pool, for one that stays.</summary>
    public async Task<NpgsqlConnection> OpenOwn(CancellationToken cancel)
    {
        var own = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(_connection) { Pooling = false, KeepAlive = 10 }.ConnectionString);
        try
        {
            await own.OpenAsync(cancel).ConfigureAwait(false);
            return own;
        }
        catch
        {
            await own.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The server went away: what lies idle in the pool is dead too.</summary>
    public void Clear() => _source.Clear();

    /// <summary>Reads. A connection that turns out to be dead is replaced once: a server that was started again is no failure.</summary>
    public async ValueTask<T> Read<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> read, CancellationToken cancel)
    {
        await _readers.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            for (bool again = true; ; again = false)
            {
                try
                {
                    await using var connection = await Open(cancel).ConfigureAwait(false);
                    return await read(connection, cancel).ConfigureAwait(false);
                }
                catch (Exception e) when (IsLost(e) && again && !cancel.IsCancellationRequested)
                {
                    Clear();
                }
            }
        }
        catch (Exception e) when (IsOfServer(e))
        {
            throw Failure("read", e);
        }
        finally
        {
            _readers.Release();
        }
    }

    public LogException Failure(string what, Exception reason) => reason is PostgresException { SqlState: PostgresErrorCodes.DiskFull }
        ? new LogFullException(Place)
        : new LogFailedException($"The log in {Place} could not be {what}: {Describe(reason)}", reason);

    /// <summary>What happened, in words that come from us: a server's message may quote what it was sent.</summary>
    public static string Describe(Exception reason) => reason switch
    {
        PostgresException e => $"PostgreSQL says {e.SqlState}",
        ObjectDisposedException => "the log is closed",
        { InnerException: TimeoutException } or TimeoutException => "PostgreSQL does not answer in time",
        _ => "the connection to PostgreSQL failed",
    };

    /// <summary>The server or the way to it failed, in a manner that says nothing about what it was asked.</summary>
    public static bool IsLost(Exception e) => IsOfServer(e) && !IsAnswer(e);

    /// <summary>The server said that it did not do it. The end of a session (FATAL, PANIC) says no such thing: it may come after the
    /// commit.</summary>
    public static bool IsAnswer(Exception e) =>
        e is PostgresException { InvariantSeverity: "ERROR" } p && !p.SqlState.StartsWith("57P", StringComparison.Ordinal)
            && !p.SqlState.StartsWith("08", StringComparison.Ordinal) && p.SqlState != PostgresErrorCodes.StatementCompletionUnknown;

    /// <summary>Comes from Npgsql or below it. It reports a connection that broke under a command in several ways.</summary>
    public static bool IsOfServer(Exception e) =>
        e is NpgsqlException or IOException or SocketException or TimeoutException or InvalidOperationException;

    public ValueTask DisposeAsync() => _source.DisposeAsync();
}
