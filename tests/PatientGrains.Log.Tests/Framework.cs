using System.Reflection;
using Xunit.Abstractions;
using Xunit.Sdk;

[assembly: TestFramework("PatientGrains.Log.Tests.Framework", "PatientGrains.Log.Tests")]

namespace PatientGrains.Log.Tests;

/// <summary>Ends the servers that the tests of a run share, behind the last of them. At the end of the process it would be too late: the
/// runner kills it after a tenth of a second, and the servers' folders stay.</summary>
public sealed class Framework(IMessageSink messages) : XunitTestFramework(messages)
{
    protected override ITestFrameworkExecutor CreateExecutor(AssemblyName assembly) =>
        new Executor(assembly, SourceInformationProvider, DiagnosticMessageSink);

    private sealed class Executor(AssemblyName assembly, ISourceInformationProvider sources, IMessageSink messages)
        : XunitTestFrameworkExecutor(assembly, sources, messages)
    {
        protected override async void RunTestCases(
            IEnumerable<IXunitTestCase> cases, IMessageSink results, ITestFrameworkExecutionOptions options)
        {
            using var runner = new Runner(TestAssembly, cases, DiagnosticMessageSink, results, options);
            await runner.RunAsync();
        }
    }

    private sealed class Runner(
        ITestAssembly assembly, IEnumerable<IXunitTestCase> cases, IMessageSink messages, IMessageSink results,
        ITestFrameworkExecutionOptions options)
        : XunitTestAssemblyRunner(assembly, cases, messages, results, options)
    {
        protected override async Task BeforeTestAssemblyFinishedAsync()
        {
            await Aggregator.RunAsync(PostgresStore.EndServer);
            await Aggregator.RunAsync(AzureStore.EndServer);
            await base.BeforeTestAssemblyFinishedAsync();
        }
    }
}
