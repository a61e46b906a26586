using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace PatientGrains.Simulation.Mutations;

/// <summary>Plants each bug and runs seeds until a checker sees it.</summary>
internal static partial class MutationRun
{
    private const int MostSeeds = 400;

    /// <summary>With none of them in force the patched sources must do as well as the product.</summary>
    private const int SoundSeeds = 3;

    /// <summary>Nobody runs so long: a run that goes round in circles is ended by its checker of liveness, which counts events.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(30);

    /// <param name="names">Which; none for all.</param>
    /// <param name="say">Takes a line.</param>
    /// <returns>How many were not caught.</returns>
    public static async Task<int> Run(IReadOnlyCollection<string> names, Action<string> say)
    {
        var mutations = Mutation.All.Where(mutation => names.Count == 0 || names.Contains(mutation.Name)).ToArray();
        if (mutations.Length < names.Count)
            throw new ArgumentException("There is no mutation of one of these names.");
        using var build = new MutantBuild();
        await build.Make(Mutation.All);
        if (await Seeds(build, "", SoundSeeds) is { } broken)
            throw new InvalidOperationException($"The patched sources fail without a mutation: {broken}");
        int survivors = 0;
        foreach (var mutation in mutations)
        {
            var watch = Stopwatch.StartNew();
            string? caught = await Seeds(build, mutation.Name, MostSeeds);
            survivors += caught is null ? 1 : 0;
            say(string.Create(CultureInfo.InvariantCulture,
                $"{mutation.Name}: {caught ?? $"NOT CAUGHT in {MostSeeds} seeds"} ({watch.Elapsed.TotalSeconds:N1} s)"));
        }
        say($"{mutations.Length - survivors} of {mutations.Length} mutations caught");
        return survivors;
    }

    /// <returns>Which checker saw it at which seed; null when nobody did.</returns>
    private static async Task<string?> Seeds(MutantBuild build, string mutant, int seeds)
    {
        var start = OwnProcess.Of("dotnet", build.Program, "--seeds", seeds.ToString(CultureInfo.InvariantCulture));
        (start.RedirectStandardOutput, start.RedirectStandardError, start.Environment["MUTANT"]) = (true, true, mutant);
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        try
        {
            await process.WaitForExitAsync().WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            process.Kill();
            throw new TimeoutException($"{(mutant == "" ? "The program without a mutation" : mutant)} did not end in {Patience}.");
        }
        if (process.ExitCode == 0)
            return null;
        return Failed().Match(await output) is { Success: true } failed
            ? $"caught by \"{failed.Groups["what"].Value}\" at seed {failed.Groups["seed"].Value}"
            : throw new InvalidOperationException($"{mutant} ended with {process.ExitCode}: {await errors}");
    }

    [GeneratedRegex("^seed (?<seed>[0-9]+) FAILED: (?<what>[^\\n]{0,160})", RegexOptions.Multiline)]
    private static partial Regex Failed();
}
