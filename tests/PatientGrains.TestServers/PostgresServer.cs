using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace PatientGrains.TestServers;

/// <summary>
/// A PostgreSQL server of its own in a temporary folder, on a free port of 127.0.0.1 that it keeps when it is started again. PostgreSQL
/// refuses to run as root; started by root, it runs as the user postgres. It dies with this process, however this process dies.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private const string User = "postgres";
    private const int StartSeconds = 60;
    private const int LinesKept = 40;

    private static readonly string? Binaries = FindBinaries();

    private readonly string _folder = Directory.CreateTempSubdirectory("patientgrains-postgres-").FullName;
    private readonly bool _syncs;
    private readonly Queue<string> _said = new();
    private Process? _server;

    private PostgresServer(bool syncs) => _syncs = syncs;

    /// <summary>What is not installed here, or null.</summary>
    public static string? Missing =>
        Binaries is null ? "PostgreSQL is not installed (initdb and postgres; Debian package postgresql)"
        : !IsRoot ? null
        : !File.Exists("/usr/bin/setpriv") ? "setpriv is not installed (Debian package util-linux)"
        : File.ReadLines("/etc/passwd").Any(line => line.StartsWith(User + ":", StringComparison.Ordinal)) ? null
        : $"PostgreSQL does not run as root, and there is no user {User}";

    public int Port { get; private set; }

    /// <summary>False between <see cref="Kill"/> and <see cref="Start"/>.</summary>
    public bool IsRunning => _server is { HasExited: false };

    /// <summary>Makes a cluster and starts it.</summary>
    /// <param name="syncs">Whether the server syncs its log at each commit, as it does by default. Off is several times as fast, and only
    /// for tests that kill no machine.</param>
    public static async Task<PostgresServer> Launch(bool syncs = true)
    {
        if (Missing is { } missing)
            throw new InvalidOperationException(missing);
        var server = new PostgresServer(syncs);
        AppDomain.CurrentDomain.ProcessExit += server.CleanUp;
        if (IsRoot)
            await Run("chown", User, server._folder);
        await Run([.. AsUser, Binary("initdb"), "-D", server.Data, "-U", User, "--auth=trust", "--encoding=UTF8", "--locale=C",
            "--no-sync"]);
        server.Port = FreePort();
        await server.Start();
        return server;
    }

    /// <summary>A connection string for a database; no password, since only this machine reaches it.</summary>
    public string Connection(string database) => $"Host=127.0.0.1;Port={Port};Username={User};Database={database}";

    /// <summary>Makes an empty database and gives its connection string.</summary>
    public async Task<string> CreateDatabase(string name)
    {
        await Execute(User, $"CREATE DATABASE \"{name}\"");
        return Connection(name);
    }

    public async Task DropDatabase(string name) => await Execute(User, $"DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)");

    /// <summary>Runs a statement in a database.</summary>
    public async Task Execute(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(Connection(database) + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Starts it again; it recovers from its write-ahead log. Completes when it takes connections.</summary>
    public async Task Start()
    {
        if (IsRunning)
            return;
        var deadline = Stopwatch.StartNew();
        Spawn();
        while (!await TakesConnections())
        {
            if (deadline.Elapsed.TotalSeconds > StartSeconds)
                throw new InvalidOperationException($"PostgreSQL does not take connections:\n{Said()}");
            // What was killed may hold its memory a moment longer, and then a new server gives up.
            if (!IsRunning)
                Spawn();
            await Task.Delay(20);
        }
    }

    /// <summary>Kills the server and all its processes at once, as a power cut would, but for what the machine's memory still holds of
    /// its files.</summary>
    public async Task Kill()
    {
        if (_server is not { } server)
            return;
        server.Kill(entireProcessTree: true);
        await server.WaitForExitAsync();
        server.Dispose();
        _server = null;
    }

    public async ValueTask DisposeAsync()
    {
        AppDomain.CurrentDomain.ProcessExit -= CleanUp;
        await Kill();
        Directory.Delete(_folder, recursive: true);
    }

    private string Data => Path.Combine(_folder, "data");

    private static bool IsRoot => Environment.UserName == "root";

    private static string[] AsUser => IsRoot ? ["setpriv", $"--reuid={User}", $"--regid={User}", "--init-groups"] : [];

    private static string[] DyingWithUs => File.Exists("/usr/bin/setpriv") ? ["setpriv", "--pdeathsig", "KILL"] : [];

    /// <summary>
    /// The signal at the parent's death (prctl(2), PR_SET_PDEATHSIG) comes when the thread ends that made the process: so a thread of its
    /// own makes it and stays as long as it runs.
    /// </summary>
    private void Spawn()
    {
        string[] command =
        [
            .. AsUser, .. DyingWithUs, Binary("postgres"), "-D", Data, "-p", Port.ToString(CultureInfo.InvariantCulture),
            "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", $"fsync={(_syncs ? "on" : "off")}",
            "-c", "max_connections=200", "-c", "max_wal_size=512MB",
        ];
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardError = true, WorkingDirectory = "/" };
        using var started = new ManualResetEventSlim();
        new Thread(() =>
        {
            var process = _server = new Process { StartInfo = start };
            process.ErrorDataReceived += (_, line) => Hear(line.Data);
            process.Start();
            process.BeginErrorReadLine();
            started.Set();
            process.WaitForExit();
        })
        { IsBackground = true, Name = "PostgreSQL" }.Start();
        started.Wait();
    }

    private void Hear(string? line)
    {
        lock (_said)
        {
            if (line is not null)
                _said.Enqueue(line);
            if (_said.Count > LinesKept)
                _said.Dequeue();
        }
    }

    private string Said()
    {
        lock (_said)
            return string.Join('\n', _said);
    }

    private async Task<bool> TakesConnections()
    {
        try
        {
            await Execute(User, "SELECT 1");
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    private void CleanUp(object? sender, EventArgs e)
    {
        _server?.Kill(entireProcessTree: true);
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
    }

    private static string Binary(string name) => Path.Combine(Binaries!, name);

    /// <summary>Where Debian keeps the newest, else the first folder of PATH that has them.</summary>
    private static string? FindBinaries()
    {
        const string debian = "/usr/lib/postgresql";
        var versions = Directory.Exists(debian)
            ? Directory.GetDirectories(debian).OrderByDescending(v => int.TryParse(Path.GetFileName(v), out int n) ? n : 0)
            : Enumerable.Empty<string>();
        return versions.Select(version => Path.Combine(version, "bin"))
            .Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':'))
            .FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "postgres")));
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static async Task Run(params string[] command)
    {
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardError = true, RedirectStandardOutput = true, WorkingDirectory = "/",
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        string errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        await output;
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{command[0]} ended with {process.ExitCode}: {errors}");
    }
}
