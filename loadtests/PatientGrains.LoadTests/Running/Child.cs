using System.Diagnostics;

namespace PatientGrains.LoadTests.Running;

/// <summary>
/// This program once more, in a process of its own: it is told what to do a line at a time and answers each with a line. It ends when its
/// input does, so it does not outlive whoever started it.
/// </summary>
internal sealed class Child : IAsyncDisposable
{
    /// <summary>Begins an answer: a server also writes its log to its output.</summary>
    private const string Mark = "> ";

    /// <summary>Steps of <c>nice</c>: the others get the cores first, as nine to one.</summary>
    private const string Steps = "10";

    private readonly Process _process;
    private readonly SemaphoreSlim _turn = new(1);

    private Child(Process process) => _process = process;

    /// <summary>How to start this program again.</summary>
    public static ProcessStartInfo Again(IEnumerable<string> arguments, bool yields = false)
    {
        string self = Environment.ProcessPath!;
        string[] own = Path.GetFileNameWithoutExtension(self) == "dotnet" ? [typeof(Child).Assembly.Location] : [];
        return yields && !OperatingSystem.IsWindows()
            ? new ProcessStartInfo("nice", ["-n", Steps, self, .. own, .. arguments])
            : new ProcessStartInfo(self, [.. own, .. arguments]);
    }

    /// <param name="yields">Whether it gets a core only when nobody else wants it: it stands for machines that are not this one.</param>
    /// <param name="arguments">Of the command line.</param>
    public static Child Start(bool yields, params string[] arguments)
    {
        var start = Again(arguments, yields);
        (start.RedirectStandardInput, start.RedirectStandardOutput) = (true, true);
        return new Child(Process.Start(start) ?? throw new InvalidOperationException("The process did not start."));
    }

    /// <summary>What it says to a line.</summary>
    /// <exception cref="InvalidOperationException">It ended instead.</exception>
    public async Task<string> Ask(string line)
    {
        await _turn.WaitAsync();
        try
        {
            await _process.StandardInput.WriteLineAsync(line);
            await _process.StandardInput.FlushAsync();
            while (await _process.StandardOutput.ReadLineAsync() is { } said)
            {
                if (said.StartsWith(Mark, StringComparison.Ordinal))
                    return said[Mark.Length..];
            }
            throw new InvalidOperationException($"A process that this one started ended when it was told to {line.Split(' ')[0]}.");
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>The child's side: answers until nobody asks any more.</summary>
    public static async Task Answer(Func<string, Task<string>> answer)
    {
        while (await Console.In.ReadLineAsync() is { } line)
        {
            await Console.Out.WriteLineAsync(Mark + await answer(line));
            await Console.Out.FlushAsync();
        }
    }

    /// <summary>Ends when it has ended.</summary>
    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _turn.Dispose();
    }
}
