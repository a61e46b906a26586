using System.Diagnostics;
using System.Globalization;

namespace PatientGrains.Simulation;

/// <summary>
/// The process that a seed's run needs. The engine has as many workers of a stateless grain as the machine has processors, so every process
/// is told that it has the same number: a seed that failed on one machine fails on another.
/// </summary>
internal static class OwnProcess
{
    /// <summary>Workers of a stateless grain then run side by side, and are all busy now and then.</summary>
    public const int Processors = 2;

    private const string Variable = "DOTNET_PROCESSOR_COUNT";

    private static readonly string Told = Processors.ToString(CultureInfo.InvariantCulture);

    /// <summary>How to start a program with that number.</summary>
    public static ProcessStartInfo Of(string program, params IEnumerable<string> arguments) =>
        new(program, arguments) { Environment = { [Variable] = Told } };

    /// <summary>This program once more, with its input and output.</summary>
    /// <returns>Its exit code.</returns>
    public static async Task<int> Again(string[] arguments)
    {
        if (Environment.GetEnvironmentVariable(Variable) == Told)
            throw new NotSupportedException($"This runtime does not heed {Variable}: nothing would be repeatable.");
        string self = Environment.ProcessPath!;
        string[] own = Path.GetFileNameWithoutExtension(self) == "dotnet" ? [typeof(OwnProcess).Assembly.Location] : [];
        using var again = Process.Start(Of(self, [.. own, .. arguments]))!;
        await again.WaitForExitAsync();
        return again.ExitCode;
    }
}
