using System.Diagnostics;
using System.Text.RegularExpressions;

namespace PatientGrains.Simulation.Tests;

/// <summary>The share of the simulation that every build affords; thousands of seeds and all mutations are run by hand.</summary>
public class SimulationTests
{
    private const int Seeds = 60;

    /// <summary>Ends what hangs; nothing takes a tenth of it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(40);

    [Fact]
    public async Task The_real_grains_keep_their_promises_over_a_faulty_store_network_and_clock()
    {
        var (exitCode, output) = await Run("--seeds", $"{Seeds}");
        Assert.True(exitCode == 0, output);
        // Faults really happened, of every kind that loses what is on its way.
        foreach (string fault in (string[])["append fails, written", "append fails, not written", "append fails, written later",
            "answer lost", "request lost", "request comes twice", "silo dies", "front dies", "split brain", "stale head", "snapshot lost"])
            Assert.Contains($" {fault}\n", output);
    }

    [Fact]
    public async Task The_same_seed_gives_the_same_history_on_any_machine_and_another_seed_another()
    {
        foreach (int seed in (int[])[11, 12])
        {
            string first = await DigestOf(seed, processors: 1);
            Assert.Equal(first, await DigestOf(seed, processors: 5));
            Assert.NotEqual(first, await DigestOf(seed + 100, processors: 5));
        }
    }

    [Fact]
    public async Task Planted_bugs_are_caught()
    {
        var (exitCode, output) = await Run(
            "mutations", "acknowledged-before-durable", "prepared-commit-lost", "message-forgotten", "no-entry-for-a-read",
            "feed-line-dropped", "deleted-value-still-counts");
        Assert.True(exitCode == 0, output);
        Assert.Contains("6 of 6 mutations caught", output);
    }

    private static async Task<string> DigestOf(int seed, int processors)
    {
        var (exitCode, output) = await Run(processors, "--seed", $"{seed}");
        Assert.True(exitCode == 0, output);
        return Regex.Match(output, "digest ([0-9a-f]{32})").Groups[1].Value is { Length: 32 } digest ? digest
            : throw new FormatException(output);
    }

    private static Task<(int ExitCode, string Output)> Run(params string[] arguments) => Run(null, arguments);

    private static async Task<(int ExitCode, string Output)> Run(int? processors, params string[] arguments)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "PatientGrains.Simulation.dll");
        var start = new ProcessStartInfo("dotnet", [program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        if (processors is { } told)
            start.Environment["DOTNET_PROCESSOR_COUNT"] = $"{told}";
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        try
        {
            await process.WaitForExitAsync().WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
        }
        return (process.ExitCode, await output + await errors);
    }
}
