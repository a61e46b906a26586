using System.Diagnostics;
using System.Security.Cryptography;

namespace PatientGrains.TestServers;

/// <summary>
/// One service of Azurite, from npm (<c>npm ci --prefix tests/PatientGrains.TestServers</c>), in a folder and on a loopback port of its
/// own. It can be killed and started again on the same folder and port.
/// </summary>
public sealed class AzuriteServer : IAsyncDisposable
{
    /// <summary>Ends a hang.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly ServerFolder _folder = new("azurite");
    private readonly HeldPort _port = new();
    private readonly AzuritePart _part;
    private readonly bool _savesFirst;
    private Process? _process;

    /// <param name="savesFirst">Whether a write is answered only when Azurite has saved it. As it comes, Azurite saves what it knows of its
    /// blobs every five seconds, and forgets the rest when it is killed; for tests that kill it, this makes it keep what it answered
    /// (azurite-save-first.cjs).</param>
    /// <param name="part">Which of its services.</param>
    public AzuriteServer(bool savesFirst = false, AzuritePart part = AzuritePart.Blob)
    {
        (_savesFirst, _part) = (savesFirst, part);
        // One that all tests of a run share is not disposed by any of them.
        AppDomain.CurrentDomain.ProcessExit += CleanUp;
    }

    /// <summary>What is not installed here, or null.</summary>
    public static string? Missing =>
        Main(AzuritePart.Blob) is not null
            ? null
            : "Azurite is not installed (Node.js, then npm ci --prefix tests/PatientGrains.TestServers)";

    public string AccountName => "patientgrains";

    /// <summary>Drawn for this server.</summary>
    public string AccountKey { get; private init; } = Convert.ToBase64String(RandomNumberGenerator.GetBytes(64));

    public Uri AccountUrl => new($"http://127.0.0.1:{_port}/{AccountName}");

    private static string Home
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "PatientGrains.sln")))
                folder = folder.Parent;
            return Path.Combine(folder?.FullName ?? AppContext.BaseDirectory, "tests", "PatientGrains.TestServers");
        }
    }

    private static string? Main(AzuritePart part)
    {
        string main = Path.Combine(Home, "node_modules", "azurite", "dist", "src", NameOf(part), "main.js");
        return File.Exists(main) && Programs.Find("node") is not null ? main : null;
    }

    private static string NameOf(AzuritePart part) => part switch
    {
        AzuritePart.Blob => "blob",
        AzuritePart.Table => "table",
        _ => throw new ArgumentOutOfRangeException(nameof(part)),
    };

    public static Task<AzuriteServer> Launch(bool savesFirst = false) => Launch(new AzuriteServer(savesFirst));

    /// <summary>The tables of the same account.</summary>
    public Task<AzuriteServer> LaunchTables() =>
        Launch(new AzuriteServer(part: AzuritePart.Table) { AccountKey = AccountKey });

    private static async Task<AzuriteServer> Launch(AzuriteServer server)
    {
        try
        {
            await server.Start();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it, again when it was killed, and returns when it answers.</summary>
    public async Task Start()
    {
        string main = Main(_part) ?? throw new InvalidOperationException(Missing);
        // The kernel kills it with us: whatever ends this process leaves no server behind.
        string[] dying = Programs.Find("setpriv") is { } setpriv ? [setpriv, "--pdeathsig", "KILL"] : [];
        string[] save = _savesFirst ? ["--require", Path.Combine(Home, "azurite-save-first.cjs")] : [];
        string[] command =
        [
            .. dying, Programs.Find("node")!, .. save, main, "--silent", "--disableTelemetry", "--skipApiVersionCheck",
            "--location", _folder.Path, $"--{NameOf(_part)}Host", "127.0.0.1", $"--{NameOf(_part)}Port", _port.ToString(),
        ];
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["AZURITE_ACCOUNTS"] = $"{AccountName}:{AccountKey}";
        _process = await LastingThread.Run(() => Process.Start(start)!);
        var errors = _process.StandardError.ReadToEndAsync();
        await Answers(_process.StandardOutput, errors).WaitAsync(Patience);
    }

    /// <summary>It says that it listens; then it is asked.</summary>
    private async Task Answers(StreamReader output, Task<string> errors)
    {
        while (await output.ReadLineAsync() is { } line && !line.Contains(" successfully ", StringComparison.Ordinal))
            continue;
        _ = output.ReadToEndAsync();
        using var client = new HttpClient(new HttpClientHandler { UseProxy = false });
        try
        {
            // Any answer will do; this one is a refusal, because the request is not signed.
            using var answer = await client.GetAsync(new Uri(AccountUrl + "?comp=list"));
        }
        catch (HttpRequestException e)
        {
            throw new InvalidOperationException($"Azurite does not answer: {await errors}", e);
        }
    }

    /// <summary>Ends it with SIGKILL, in whatever it is doing.</summary>
    public async Task Kill()
    {
        if (_process is not { } process)
            return;
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
        _process = null;
    }

    public async ValueTask DisposeAsync()
    {
        AppDomain.CurrentDomain.ProcessExit -= CleanUp;
        await Kill();
        await _folder.Delete();
        _port.Dispose();
    }

    private void CleanUp(object? sender, EventArgs e)
    {
        try
        {
            _process?.Kill();
        }
        catch (InvalidOperationException)
        {
            // Somebody is killing it just now.
        }
        _folder.TryDelete();
    }
}

/// <summary>What Azurite can be started for.</summary>
public enum AzuritePart
{
    Blob,
    Table,
}
