namespace PatientGrains.Log.Tests;

/// <summary>A test that watches or disturbs system calls. Skipped where strace is missing, but not in CI.</summary>
internal sealed class StraceFactAttribute : FactAttribute
{
    public StraceFactAttribute() => Skip = Strace.Missing;
}

/// <inheritdoc cref="StraceFactAttribute"/>
internal sealed class StraceTheoryAttribute : TheoryAttribute
{
    public StraceTheoryAttribute() => Skip = Strace.Missing;
}

internal static class Strace
{
    public static string? Missing { get; } =
        Environment.GetEnvironmentVariable("CI") == "true" || Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(p => File.Exists(Path.Combine(p, "strace")))
            ? null
            : "strace is not installed (Linux, package strace)";
}
