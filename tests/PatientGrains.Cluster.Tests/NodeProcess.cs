using System.Collections.Concurrent;
using System.Diagnostics;

namespace PatientGrains.Cluster.Tests;

/// <summary>A node: the real program in a process of its own, with its settings in the environment.</summary>
internal sealed class NodeProcess : IDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _said = [];

    private NodeProcess(Process process) => _process = process;

    public Uri Url { get; private set; } = null!;

    public string Said => string.Join('\n', _said);

    /// <summary>Completes when the node serves.</summary>
    /// <param name="role">Its role.</param>
    /// <param name="settings">Names and values of settings.</param>
    /// <exception cref="OperationCanceledException">It does not serve for minutes, and was ended.</exception>
    public static async Task<NodeProcess> Start(string role, params (string Name, string Value)[] settings)
    {
        using var patience = new CancellationTokenSource(TestedCluster.Patience);
        return await Start(role, patience.Token, settings);
    }

    /// <summary>A node that does not serve until then is ended.</summary>
    /// <exception cref="OperationCanceledException">It did not.</exception>
    public static async Task<NodeProcess> Start(string role, CancellationToken until, (string Name, string Value)[] settings)
    {
        var node = new NodeProcess(Launch(["serve", "--role", role, "--url", "http://127.0.0.1:0"], settings));
        try
        {
            var serves = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
            node.Listen(serves);
            string first = await serves.Task.WaitAsync(until);
            node.Url = new Uri(first.Split(' ').First(word => word.StartsWith("http://", StringComparison.Ordinal)));
            return node;
        }
        catch
        {
            node.Dispose();
            throw;
        }
    }

    /// <summary>Runs a verb to its end; gives what it printed.</summary>
    public static async Task<string> Run(string[] arguments, params (string Name, string Value)[] settings)
    {
        using var process = Launch(arguments, settings);
        var errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{process.ExitCode}: {output}{await errors}");
    }

    private static Process Launch(string[] arguments, (string Name, string Value)[] settings)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "patientgrains.dll");
        var start = new ProcessStartInfo("dotnet", ["exec", program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in settings)
            start.Environment["PATIENTGRAINS_" + name.ToUpperInvariant()] = value;
        return Process.Start(start)!;
    }

    private void Listen(TaskCompletionSource<string> serves)
    {
        void Hear(string? line)
        {
            if (line is null)
                return;
            _said.Enqueue(line);
            if (line.StartsWith("PatientGrains ", StringComparison.Ordinal))
                serves.TrySetResult(line);
        }
        _process.OutputDataReceived += (_, said) => Hear(said.Data);
        _process.ErrorDataReceived += (_, said) => Hear(said.Data);
        _process.Exited += (_, _) => serves.TrySetException(new InvalidOperationException("The node ended: " + Said));
        _process.EnableRaisingEvents = true;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>SIGKILL: it says goodbye to nobody.</summary>
    public async Task Kill()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>SIGTERM; gives its exit code.</summary>
    public async Task<int> Stop()
    {
        using (var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]))
            await kill.WaitForExitAsync();
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
