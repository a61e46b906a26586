using System.Diagnostics;
using System.Runtime.InteropServices;

namespace PatientGrains.Host.Tests;

/// <summary>What a run of the program left behind.</summary>
public sealed record Ran(int Exit, string Out, string Error)
{
    public string All => Out + Error;
}

/// <summary>The real program, as a process of its own.</summary>
public static class Tool
{
    public const int Terminate = 15;

    /// <summary>Runs it to its end in a folder, whose <c>data</c> is its store.</summary>
    public static async Task<Ran> Run(TemporaryFolder folder, params string[] arguments)
    {
        using var process = Start(folder, [], arguments);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return new Ran(process.ExitCode, await output, await error);
    }

    public static async Task<Ran> Expect(int exit, TemporaryFolder folder, params string[] arguments)
    {
        var ran = await Run(folder, arguments);
        Assert.True(ran.Exit == exit, $"{string.Join(' ', arguments)} ended with {ran.Exit}\n{ran.All}");
        return ran;
    }

    public static Process Start(TemporaryFolder folder, IEnumerable<KeyValuePair<string, string>> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [System.IO.Path.Combine(AppContext.BaseDirectory, "patientgrains.dll"), .. arguments])
        {
            WorkingDirectory = folder.Path,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static extern int Signal(int process, int signal);

    public static void Send(Process process, int signal) => Assert.Equal(0, Signal(process.Id, signal));
}
