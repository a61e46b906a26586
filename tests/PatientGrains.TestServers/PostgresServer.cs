using System.Diagnostics;
using Npgsql;

namespace PatientGrains.TestServers;

/// <summary>
/// A PostgreSQL server of its own in a temporary folder, on a port of 127.0.0.1 that it keeps when it is started again. PostgreSQL refuses
/// to run as root; started by root, it runs as the user postgres. It dies with this process, however this process dies.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private const string User = "postgres";
    /// <summary>Ends a hang; a machine that is busy starts it slowly, and recovers slowly.</summary>
    private const int PatienceSeconds = 300;
    private const int LinesKept = 40;

    private static readonly string? Binaries = FindBinaries();

    private readonly ServerFolder _folder = new("postgres");
    private readonly HeldPort _port = new();
    private readonly bool _syncs;
    private readonly Queue<string> _said = new();
    private Process? _server;

    private PostgresServer(bool syncs) => _syncs = syncs;

    /// <summary>What is not installed here, or null.</summary>
    public static string? Missing =>
        Binaries is null ? "PostgreSQL is not installed (initdb and postgres; Debian package postgresql)"
        : !IsRoot ? null
        : SetPriv is null ? "setpriv is not installed (Debian package util-linux)"
        : File.ReadLines("/etc/passwd").Any(line => line.StartsWith(User + ":", StringComparison.Ordinal)) ? null
        : $"PostgreSQL does not run as root, and there is no user {User}";

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
        try
        {
            if (IsRoot)
                await Run("chown", User, server._folder.Path);
            await Run([.. AsUser, Binary("initdb"), "-D", server.Data, "-U", User, "--auth=trust", "--encoding=UTF8", "--locale=C",
                "--no-sync"]);
            await server.Start();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>A connection string for a database; no password, since only this machine reaches it.</summary>
    public string Connection(string database) => $"Host=127.0.0.1;Port={_port};Username={User};Database={database}";

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
        await using var connection = new NpgsqlConnection(
            $"{Connection(database)};Pooling=false;Timeout={PatienceSeconds};Command Timeout={PatienceSeconds}");
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
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        await Spawn();
        while (!await TakesConnections())
        {
            if (deadline.Elapsed.TotalSeconds > PatienceSeconds)
                throw new InvalidOperationException($"PostgreSQL does not take connections:\n{Said()}");
            // What was killed may hold its memory a moment longer, and then a new server gives up.
            if (!IsRunning)
                await Spawn();
            await pause.WaitForNextTickAsync();
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
        await _folder.Delete();
        _port.Dispose();
    }

    private string Data => Path.Combine(_folder.Path, "data");

    private static bool IsRoot => Environment.IsPrivilegedProcess;

    private static string? SetPriv => Programs.Find("setpriv");

    private static string[] AsUser => IsRoot ? [SetPriv!, $"--reuid={User}", $"--regid={User}", "--init-groups"] : [];

    private static string[] DyingWithUs => SetPriv is { } setpriv ? [setpriv, "--pdeathsig", "KILL"] : [];

    private async Task Spawn()
    {
        string[] command =
        [
            .. AsUser, .. DyingWithUs, Binary("postgres"), "-D", Data, "-p", _port.ToString(),
            "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", $"fsync={(_syncs ? "on" : "off")}",
            // Classes of tests run side by side, as many as there are processors, and each log may take 17 connections.
            "-c", "max_connections=1000", "-c", "max_wal_size=512MB",
        ];
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardError = true, WorkingDirectory = "/" };
        _server = await LastingThread.Run(() =>
        {
            var process = new Process { StartInfo = start };
            process.ErrorDataReceived += (_, line) => Hear(line.Data);
            process.Start();
            process.BeginErrorReadLine();
            return process;
        });
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
        try
        {
            // The others end when they find it gone.
            _server?.Kill();
        }
        catch (InvalidOperationException)
        {
            // Somebody is killing it just now.
        }
        _folder.TryDelete();
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
            .Concat(Programs.Folders)
            .FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "postgres")));
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
