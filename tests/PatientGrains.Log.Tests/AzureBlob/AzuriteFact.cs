using PatientGrains.TestServers;

namespace PatientGrains.Log.Tests;

/// <summary>A test on Azurite. Skipped where that is not installed, but not in CI.</summary>
internal sealed class AzuriteFactAttribute : FactAttribute
{
    public AzuriteFactAttribute() => Skip = Azurite.Missing;
}

/// <inheritdoc cref="AzuriteFactAttribute"/>
internal sealed class AzuriteTheoryAttribute : TheoryAttribute
{
    public AzuriteTheoryAttribute() => Skip = Azurite.Missing;
}

internal static class Azurite
{
    public static string? Missing => Environment.GetEnvironmentVariable("CI") == "true" ? null : AzuriteServer.Missing;
}
