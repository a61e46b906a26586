using Xunit.Abstractions;
using Xunit.Sdk;

namespace PatientGrains.Log.Tests;

/// <summary>A theory whose first argument is a kind of store. Cases of a kind that is not installed here are skipped and say what is
/// missing; in CI they run, and fail.</summary>
[XunitTestCaseDiscoverer("PatientGrains.Log.Tests.StoreTheoryDiscoverer", "PatientGrains.Log.Tests")]
[AttributeUsage(AttributeTargets.Method)]
[TraitDiscoverer("PatientGrains.Log.Tests.StoreTraitDiscoverer", "PatientGrains.Log.Tests")]
public sealed class StoreTheoryAttribute : TheoryAttribute, ITraitAttribute;

/// <summary>What all kinds of stores run is chosen by <c>--filter Suite=Conformance</c>.</summary>
public sealed class StoreTraitDiscoverer : ITraitDiscoverer
{
    public IEnumerable<KeyValuePair<string, string>> GetTraits(IAttributeInfo trait) => [KeyValuePair.Create("Suite", "Conformance")];
}

/// <inheritdoc cref="StoreTheoryAttribute"/>
public sealed class StoreTheoryDiscoverer(IMessageSink diagnostics) : TheoryDiscoverer(diagnostics)
{
    protected override IEnumerable<IXunitTestCase> CreateTestCasesForDataRow(
        ITestFrameworkDiscoveryOptions options, ITestMethod method, IAttributeInfo theory, object[] row) =>
        Environment.GetEnvironmentVariable("CI") != "true" && row[0] is string kind && Store.Missing(kind) is { } missing
            ? CreateTestCasesForSkippedDataRow(options, method, theory, row, missing)
            : base.CreateTestCasesForDataRow(options, method, theory, row);
}
