using System.Diagnostics;
using System.Runtime.InteropServices;

namespace PatientGrains.Host.Tests;

/// <summary>What a run of a program left behind.</summary>
public sealed record Ran(int Exit, string Out, string Error)
{
    public string All => Out + Error;
}

/// <summary>The real program, as a process of its own; and others, to their end.</summary>
public static class Tool
{
    public const int Terminate = 15;

    /// <summary>Ends what hangs; nothing that is right takes so long, on however slow a machine.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromMinutes(10);

    /// <summary>Runs it to its end in a folder, whose <c>data</c> is its store.</summary>
    public static Task<Ran> Run(TemporaryFolder folder, params string[] arguments) => ToEnd(Start(folder, [], arguments));

    public static async Task<Ran> Expect(int exit, TemporaryFolder folder, params string[] arguments) =>
        Expect(exit, await Run(folder, arguments), string.Join(' ', arguments));

    public static Ran Expect(int exit, Ran ran, string asked)
    {
        Assert.True(ran.Exit == exit, $"{asked} ended with {ran.Exit}\n{ran.All}");
        return ran;
    }

    public static Process Start(TemporaryFolder folder, IEnumerable<KeyValuePair<string, string>> environment, params string[] arguments)
    {
        string[] all = [System.IO.Path.Combine(AppContext.BaseDirectory, "patientgrains.dll"), .. arguments];
        var start = new ProcessStartInfo("dotnet", all) { WorkingDirectory = folder.Path };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return Start(start);
    }

    public static Process Start(ProcessStartInfo start)
    {
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
        return Process.Start(start)!;
    }

    /// <summary>Reads both streams, so that it never waits for a reader, and leaves nothing running.</summary>
    public static async Task<Ran> ToEnd(Process process)
    {
        using (process)
        {
            try
            {
                var output = process.StandardOutput.ReadToEndAsync();
                var error = process.StandardError.ReadToEndAsync();
                await process.WaitForExitAsync().WaitAsync(Patience);
                return new Ran(process.ExitCode, await output, await error);
            }
            finally
            {
                End(process);
            }
        }
    }

    public static void End(Process process)
    {
        process.Kill();
        process.WaitForExit();
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static extern int Signal(int process, int signal);

    public static void Send(Process process, int signal) => Assert.Equal(0, Signal(process.Id, signal));
}
